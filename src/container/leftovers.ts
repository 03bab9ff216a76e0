import { destroyCgroup } from '../cgroup/destroy.js';
import { killCgroup } from '../cgroup/kill.js';
import { planCgroup } from '../cgroup/plan-cgroup.js';
import { planSystemd } from '../cgroup/systemd/plan-systemd.js';
import { loadConfig } from '../config/load.js';
import { TsruncError, withFields } from '../error.js';
import { isHostRoot } from '../host-facts.js';
import { SIGKILL } from '../native/signals.js';
import { hostFacts } from './host-facts.js';
import type { Runtime } from './runtime.js';
import type { StateFile } from './state-schema.js';
import { readConfigCopy, removeState } from './state-store.js';
import { connectSystemd, stopUnit } from './systemd-unit.js';

/**
 * Removes what can be told of a container whose state file is damaged: the cgroups that its configuration names, with the
 * processes in them, and its folder. (Without a state file there's no cgroup: it is written before that is made.)
 */
export function removeLeftovers(rt: Runtime, id: string): void {
  const { native } = rt;
  const cgroup = cgroupOfCopy(rt, id);
  const { paths } = cgroup;
  if (Object.keys(paths).length > 0) {
    killCgroup(native, paths, SIGKILL);
    stopUnit(rt, cgroup);
    destroyCgroup(native, paths);
  }
  removeState(rt, id);
}

/** The cgroups that `create` will have made, planned again from the copy of the configuration; none when that is damaged too. */
function cgroupOfCopy(rt: Runtime, id: string): StateFile['cgroup'] {
  if (rt.cgroupManager === 'disabled') return { paths: {}, made: [] };
  try {
    const { spec } = loadConfig(readConfigCopy(rt, id), 'config.json');
    const facts = hostFacts(rt);
    const rights = { rootless: facts.rootless, hostRoot: isHostRoot(facts) };
    if (rt.cgroupManager === 'systemd') {
      const { manager, facts: known } = connectSystemd(rt, facts);
      manager.close();
      const { paths, systemd } = planSystemd(spec, { id, ...rights }, known.cgroup);
      return { paths, made: [], ...(systemd && { systemd: { unit: systemd.unit, user: systemd.user } }) };
    }
    return {
      paths: planCgroup(spec, { id, manager: 'cgroupfs', ...rights }, facts.cgroup).paths,
      made: [],
    };
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    rt.warn(withFields(error, {}, `container ${id}: its cgroups can't be told, and stay: ${error.message}`));
    return { paths: {}, made: [] };
  }
}
