import { destroyCgroup } from '../cgroup/destroy.js';
import { killCgroup } from '../cgroup/kill.js';
import { planCgroup } from '../cgroup/plan-cgroup.js';
import { loadConfig } from '../config/load.js';
import { TsruncError } from '../error.js';
import { SIGKILL } from '../native/signals.js';
import { hostFacts } from './host-facts.js';
import { stateFolder } from './paths.js';
import type { Runtime } from './runtime.js';
import { readConfigCopy } from './state-store.js';

/**
 * Removes what can be told of a container whose state file is damaged: the cgroups that its configuration names, with the
 * processes in them, and its folder. (Without a state file there's no cgroup: it is written before that is made.)
 */
export function removeLeftovers(rt: Runtime, id: string): void {
  const { native } = rt;
  const paths = cgroupsOfCopy(rt, id);
  if (Object.keys(paths).length > 0) {
    killCgroup(native, paths, SIGKILL);
    destroyCgroup(native, paths);
  }
  native.removeTree(stateFolder(rt, id));
}

/** The cgroups that `create` will have made, planned again from the copy of the configuration; none when that is damaged too. */
function cgroupsOfCopy(rt: Runtime, id: string): Record<string, string> {
  if (rt.cgroupManager !== 'cgroupfs') return {};
  try {
    const { spec } = loadConfig(readConfigCopy(rt, id), 'config.json');
    const facts = hostFacts(rt);
    return planCgroup(spec, { id, manager: 'cgroupfs', rootless: facts.rootless }, facts.cgroup).paths;
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    rt.warn(`container ${id}: its cgroups can't be told: ${error.message}`);
    return {};
  }
}
