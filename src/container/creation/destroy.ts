/** Removes a container, or the remains of one whose making failed. */
import { EBUSY, ENODEV, ENOENT, ENOTEMPTY } from '../../base/errno.js';
import { isErrno, TsruncError, withFields } from '../../base/error.js';
import { destroyCgroup } from '../../cgroup/destroy.js';
import { madeFor } from '../../cgroup/ownership/made-for.js';
import { clearMark } from '../../cgroup/ownership/mark.js';
import { holdOf, OwnCgroups } from '../../cgroup/ownership/ownership.js';
import { countProcesses } from '../../cgroup/processes.js';
import { SIGKILL } from '../../native/signals.js';
import { cleanUp } from '../commands/clean-up.js';
import { removeIntelRdt } from '../resctrl/intel-rdt.js';
import type { Runtime } from '../runtime.js';
import type { StateFile } from '../state/state-schema.js';
import { removeState } from '../state/state-store.js';
import { runHooksAnyway } from './hooks.js';
import { stopUnit } from './systemd-unit.js';

/**
 * Removes everything that belongs to a container whose init is dead: processes left in its cgroups, the cgroups, the
 * resctrl group, and last its directory. Missing parts are no error, so that an interrupted removal can be repeated.
 * What may belong to others is left.
 * @param poststop run the poststop hooks afterwards
 */
export function destroyContainer(rt: Runtime, state: StateFile, poststop: boolean): void {
  rt.trace?.phase('remove the cgroups');
  removeCgroups(rt, state);
  rt.trace?.phase('remove the state');
  removeIntelRdt(rt.native, state);
  removeState(rt, state.id);
  if (poststop) rt.trace?.phase('run the poststop hooks');
  if (poststop) runHooksAnyway(rt, 'poststop', state.hooks.poststop, state, 'stopped');
}

function removeCgroups(rt: Runtime, state: StateFile): void {
  const creating = state.phase === 'creating';
  // systemd doesn't notice if the cgroup of a scope is removed, and would keep the scope forever. So the scope is
  // stopped after that.
  const unmarkedFirst = creating && state.cgroup.systemd !== undefined;
  if (unmarkedFirst) removeUnmarked(rt, state);
  emptyAndRemove(rt, state.cgroup, mayOutliveInit(state));
  if (creating && !unmarkedFirst) removeUnmarked(rt, state);
}

/**
 * Whether processes of the container may live although its init is dead. If it had its own pid namespace they died
 * with init (pid_namespaces(7)), and processes in its cgroup are not the container's. While it is being made there
 * may be others: criu, or an init that isn't in the state yet.
 */
export function mayOutliveInit(state: StateFile): boolean {
  return state.sharedPids || state.phase === 'creating';
}

/**
 * Removes the cgroups that are known to be a container's, and stops its systemd unit.
 * @param kill kill the processes in them first, as they may be the container's
 * @throws TsruncError 'system' if processes are left in them
 */
export function emptyAndRemove(rt: Runtime, cgroup: StateFile['cgroup'], kill: boolean): void {
  const { native } = rt;
  const own = new OwnCgroups(native, cgroup);
  const { isForeign } = own;
  const killIn = (paths: Record<string, string>) => {
    own.kill(SIGKILL, paths);
  };
  if (cgroup.systemd !== undefined) {
    if (kill) killIn(own.paths);
    stopUnit(rt, cgroup, own);
  }
  // Usually they are empty. Trying rmdir shows that sooner than reading the processes of each hierarchy.
  const staying = destroyCgroup(native, own.that('made'), undefined, { isForeign, ...(kill && { kill: killIn }) });
  for (const path of betweenUnitAnd(cgroup)) unlessBusy(() => native.rmdir(path));
  const found = own.that('found');
  if (kill) killIn(found);
  for (const path of Object.values(found)) unlessBusy(() => clearMark(native, path));
  for (const path of own.above()) unlessBusy(() => native.rmdir(path));
  for (const [key, path] of Object.entries(own.that('unmarked'))) {
    const count = countProcesses(native, path, key === '');
    if (count > 0)
      rt.warn(
        new TsruncError(
          'system',
          `the cgroup ${path} has lost its mark: the processes in it (${count}) are left, as they may be another's`,
          { path },
        ),
      );
  }
  for (const path of staying)
    rt.warn(new TsruncError('system', `the cgroup ${path} is left, as another container has one below it`, { path }));
}

/**
 * The directories between the container's cgroup and its unit, the unit's included, innermost first, which systemd
 * couldn't remove.
 */
function betweenUnitAnd({ paths, systemd }: StateFile['cgroup']): string[] {
  const directory = paths[''] ?? '';
  const below = systemd?.below ?? '';
  if (below === '' || !directory.endsWith(below)) return [];
  const directories: string[] = [];
  for (let path = directory; path.length > directory.length - below.length; ) {
    path = path.slice(0, path.lastIndexOf('/'));
    directories.push(path);
  }
  return directories;
}

/**
 * Removes cgroups that `create` had made but not yet marked when it was killed. There is no process of the container
 * in one, unless systemd was just moving init there; that init ends by itself.
 */
function removeUnmarked(rt: Runtime, { cgroup }: StateFile): void {
  const unmarked = madeFor(cgroup).filter((path) => holdOf(rt.native, cgroup, path) === 'unmarked');
  const paths = Object.entries(cgroup.paths).filter(([, path]) => unmarked.includes(path));
  try {
    destroyCgroup(rt.native, Object.fromEntries(paths), unmarked);
  } catch (error) {
    if (!isErrno(error, EBUSY)) throw error;
    rt.warn(withFields(error, {}, `${error.message}: they aren't the container's`));
  }
}

/** Ignores errors about something that is gone, or that others use. */
function unlessBusy(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!isErrno(error, ENOENT, ENODEV, EBUSY, ENOTEMPTY)) throw error;
  }
}

/** How far the making of a container had got when it failed. */
export interface Progress {
  /**
   * Its cgroups were made. If false, making them failed and removed what it had made; the others are not the
   * container's.
   */
  readonly hasCgroup: boolean;
  /** The createRuntime hooks were reached, so the poststop hooks have to run. */
  readonly reachedHooks: boolean;
}

/**
 * Kills the process of a container whose making failed, and removes the rest of it. What can't be removed is only a
 * warning, since the caller throws the error that came first.
 * @param kill kills and reaps the process
 */
export function undoContainer(rt: Runtime, state: StateFile, progress: Progress, kill: () => void): void {
  cleanUp(rt, state.id, kill);
  state.pid = 0;
  if (!progress.hasCgroup) state.cgroup = { ...state.cgroup, paths: {}, made: [] };
  cleanUp(rt, state.id, () => destroyContainer(rt, state, progress.reachedHooks));
}
