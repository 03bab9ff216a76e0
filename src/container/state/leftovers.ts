import { TsruncError } from '../../base/error.js';
import { findMarked } from '../../cgroup/ownership/find-marked.js';
import { placeOf } from '../../cgroup/ownership/holder.js';
import { takesMarks } from '../../cgroup/ownership/mark.js';
import { holdOf } from '../../cgroup/ownership/ownership.js';
import { planCgroup } from '../../cgroup/plan/plan-cgroup.js';
import { cgroupProcesses } from '../../cgroup/processes.js';
import { planSystemd } from '../../cgroup/systemd/plan-systemd.js';
import { loadConfig } from '../../config/load.js';
import { type HostFacts, isHostRoot } from '../../plan/host-facts.js';
import { SystemdManager } from '../../systemd/manager.js';
import { emptyAndRemove } from '../creation/destroy.js';
import { hostFacts } from '../creation/host-facts.js';
import { connectSystemd, isUsersManager } from '../creation/systemd-unit.js';
import type { ProcessId } from '../init/alive.js';
import type { Runtime } from '../runtime.js';
import type { Lock } from './lock.js';
import type { StateFile } from './state-schema.js';
import { readConfigCopy, readDamagedState, removeState } from './state-store.js';

type StateCgroup = StateFile['cgroup'];

/**
 * Removes what is surely a container's whose state file is damaged: the cgroups that are marked as its own, with the processes in them, its
 * init, and its folder. (Without a state file there's no cgroup: it is written before that is made.)
 * @param endInit ends the process that the damaged file names, where that is told by its start time
 * @throws TsruncError 'state' when a process may be left that isn't surely the container's; its folder is gone all the same
 */
export function removeLeftovers(rt: Runtime, id: string, lock: Lock, endInit: (init: ProcessId) => boolean): void {
  const facts = hostFacts(rt);
  const init = readDamagedState(rt, id);
  const hadInit = init !== undefined && endInit(init);
  const marked = findMarked(rt.native, facts.cgroup, placeOf(lock.folder), id, isHostRoot(facts));
  for (const { paths, made, mark } of marked) {
    const cgroup = { paths: { ...paths }, made: [...made], ...(mark !== undefined && { mark }) };
    emptyAndRemove(rt, { ...cgroup, ...unitOf(rt, facts, cgroup) }, true);
  }
  const doubt = hadInit || marked.length > 0 ? '' : whatIsLeft(rt, id, facts);
  removeState(rt, id);
  if (doubt !== '')
    throw new TsruncError('state', `container ${id} is removed, but its state file was damaged: ${doubt}`);
}

/** The unit of a cgroup that systemd made: one that it has at that very place, not one that has the name of the folder. */
function unitOf(rt: Runtime, facts: HostFacts, { paths }: StateCgroup): Pick<StateCgroup, 'systemd'> {
  const folder = paths[''] ?? paths['name=systemd'] ?? '';
  const unit = folder.slice(folder.lastIndexOf('/') + 1);
  if (!/\.(scope|slice)$/.test(unit)) return {};
  const user = isUsersManager(rt, facts);
  const manager = new SystemdManager({ native: rt.native, env: rt.env, user });
  try {
    const place = manager.controlGroup(unit);
    return place?.startsWith('/') && folder.endsWith(place) ? { systemd: { unit, user } } : {};
  } catch (error) {
    // Without a systemd that answers there is no unit to stop.
    if (!(error instanceof TsruncError)) throw error;
    return {};
  } finally {
    manager.close();
  }
}

/**
 * With no cgroup that is marked as the container's, nothing of it runs, or it has none to find it by: it was made without, or the kernel
 * takes no marks.
 * @returns what is to be looked for, '' for nothing
 */
function whatIsLeft(rt: Runtime, id: string, facts: HostFacts): string {
  const nothing = 'a process of it that still runs is left, as nothing tells it from others: end it by hand';
  let paths: Readonly<Record<string, string>>;
  try {
    paths = cgroupsOfCopy(rt, id, facts);
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return `${nothing} (its configuration doesn't tell its cgroup either: ${error.message})`;
  }
  const folders = Object.values(paths);
  const holds = folders.map((path) => holdOf(rt.native, { paths, made: [] }, path));
  // A cgroup goes only when the container does: it had none.
  if (holds.every((hold) => hold === 'gone')) return nothing;
  if (folders.every((path) => takesMarks(rt.native, path, facts.rootless))) return '';
  const unmarked = Object.entries(paths).filter((_, i) => holds[i] === 'found');
  const pids = cgroupProcesses(rt.native, Object.fromEntries(unmarked));
  const places = unmarked.map(([, path]) => path).join(', ');
  if (unmarked.length === 0) return '';
  return pids.length === 0
    ? `the cgroups that its configuration names are left, as another may use them; remove them with rmdir: ${places}`
    : `the processes ${pids.join(', ')} are left, as they may be another's: they are in the cgroups that its configuration names. If they are its own, end them and remove the cgroups: kill -9 ${pids.join(' ')}; rmdir ${places}`;
}

/** The folders that `create` will have planned, from the copy of the configuration. */
function cgroupsOfCopy(rt: Runtime, id: string, facts: HostFacts): Readonly<Record<string, string>> {
  if (rt.cgroupManager === 'disabled') return {};
  const { spec } = loadConfig(readConfigCopy(rt, id), 'config.json');
  const rights = { rootless: facts.rootless, hostRoot: isHostRoot(facts) };
  if (rt.cgroupManager === 'systemd') {
    const { manager, facts: known } = connectSystemd(rt, facts);
    manager.close();
    return planSystemd(spec, { id, ...rights }, known.cgroup).paths;
  }
  return planCgroup(spec, { id, manager: 'cgroupfs', ...rights }, facts.cgroup).paths;
}
