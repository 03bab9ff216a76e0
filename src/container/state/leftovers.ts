/** Removes what is left of a container whose state file is damaged, for `delete --force`. */
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
import type { ProcessId } from '../init/process-id.js';
import type { Runtime } from '../runtime.js';
import type { Lock } from './lock.js';
import type { StateFile } from './state-schema.js';
import { readConfigCopy, readDamagedState, removeState } from './state-store.js';

type StateCgroup = StateFile['cgroup'];

/**
 * Removes everything that is known to belong to a container whose state file is damaged: its init, the cgroups that
 * carry its mark with the processes in them, and its directory. (A missing state file means no cgroups, as it is
 * written before they are made.)
 * @param endInit ends the process that the damaged file names, if its start time fits; false if that process is gone
 * @throws TsruncError 'state' if processes or cgroups may be left that can't be told from another's; the directory is
 * removed all the same
 */
export function removeLeftovers(rt: Runtime, id: string, lock: Lock, endInit: (init: ProcessId) => boolean): void {
  const facts = hostFacts(rt);
  // Before anything is ended: where the hierarchies can't be read, all stays for another try.
  const { cgroup: host } = facts;
  const init = readDamagedState(rt, id);
  const hadInit = init !== undefined && endInit(init);
  const marked = findMarked(rt.native, host, placeOf(lock.directory), id, isHostRoot(facts));
  for (const { paths, made, mark } of marked) {
    const cgroup = { paths: { ...paths }, made: [...made], ...(mark !== undefined && { mark }) };
    emptyAndRemove(rt, { ...cgroup, ...unitOf(rt, facts, cgroup) }, true);
  }
  const doubt = hadInit || marked.length > 0 ? '' : whatIsLeft(rt, id, facts);
  removeState(rt, id);
  if (doubt !== '')
    throw new TsruncError('state', `container ${id} is removed, but its state file was damaged: ${doubt}`);
}

/**
 * The systemd unit of a cgroup. That the directory has the name of a unit isn't enough: systemd must have the unit
 * at that place.
 */
function unitOf(rt: Runtime, facts: HostFacts, { paths }: StateCgroup): Pick<StateCgroup, 'systemd'> {
  const directory = paths[''] ?? paths['name=systemd'] ?? '';
  const unit = directory.slice(directory.lastIndexOf('/') + 1);
  if (!/\.(scope|slice)$/.test(unit)) return {};
  const user = isUsersManager(rt, facts);
  const manager = new SystemdManager({ native: rt.native, env: rt.env, user });
  try {
    const place = manager.controlGroup(unit);
    return place?.startsWith('/') && directory.endsWith(place) ? { systemd: { unit, user } } : {};
  } catch (error) {
    // systemd doesn't answer, so no unit can be stopped.
    if (!(error instanceof TsruncError)) throw error;
    return {};
  } finally {
    manager.close();
  }
}

/**
 * Finds out what may be left of a container of which neither init nor a marked cgroup was found. Either nothing of it
 * runs, or it has no cgroup, or the kernel doesn't support marks.
 * @returns a message that tells the user what to look for, '' if nothing is left
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
  const directories = Object.values(paths);
  const holds = directories.map((path) => holdOf(rt.native, { paths, made: [] }, path));
  // A cgroup exists as long as its container, so this container had none.
  if (holds.every((hold) => hold === 'gone')) return nothing;
  if (directories.every((path) => takesMarks(rt.native, path, facts.rootless))) return '';
  const unmarked = Object.entries(paths).filter((_, i) => holds[i] === 'found');
  const pids = cgroupProcesses(rt.native, Object.fromEntries(unmarked));
  const places = unmarked.map(([, path]) => path).join(', ');
  if (unmarked.length === 0) return '';
  return pids.length === 0
    ? `the cgroups that its configuration names are left, as another may use them; remove them with rmdir: ${places}`
    : `the processes ${pids.join(', ')} are left, as they may be another's: they are in the cgroups that its configuration names. If they are its own, end them and remove the cgroups: kill -9 ${pids.join(' ')}; rmdir ${places}`;
}

/** The cgroups that `create` must have planned, from the copy of the configuration. */
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
