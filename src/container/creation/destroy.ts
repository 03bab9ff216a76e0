import { EBUSY, ENODEV, ENOENT, ENOTEMPTY } from '../../base/errno.js';
import { isErrno, TsruncError, withFields } from '../../base/error.js';
import { destroyCgroup } from '../../cgroup/destroy.js';
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
 * Removes all that a container holds whose init is gone: processes left in its cgroups, the cgroups, the resctrl group, its folder. Then the
 * poststop hooks run. Each part that is missing already is fine, so that a removal that was cut short can be done again;
 * the folder goes last for that reason. What isn't surely the container's is left as it is.
 */
export function destroyContainer(rt: Runtime, state: StateFile, poststop: boolean): void {
  removeCgroups(rt, state);
  removeIntelRdt(rt.native, state);
  removeState(rt, state.id);
  if (poststop) runHooksAnyway(rt, 'poststop', state.hooks.poststop, state, 'stopped');
}

function removeCgroups(rt: Runtime, state: StateFile): void {
  const creating = state.phase === 'creating';
  // systemd doesn't notice that the cgroup of a scope has gone, and would keep it for ever: it is stopped once the cgroup isn't there.
  const unmarkedFirst = creating && state.cgroup.systemd !== undefined;
  if (unmarkedFirst) removeUnmarked(rt, state);
  emptyAndRemove(rt, state.cgroup, mayOutliveInit(state));
  if (creating && !unmarkedFirst) removeUnmarked(rt, state);
}

/**
 * Whether processes of the container may live whose init is dead. With a pid namespace of its own they ended with it, and what is in the cgroup
 * has come there some other way. While it was being made there are others: an init that isn't on record yet, criu.
 */
function mayOutliveInit(state: StateFile): boolean {
  return state.sharedPids || state.phase === 'creating';
}

/**
 * Removes those of the cgroups that are surely a container's, and stops its unit.
 * @param kill processes of it may be in there, which are ended
 * @throws TsruncError 'system' when processes are left in there
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
  // Mostly nothing is in them any more, which rmdir says sooner than a look into each hierarchy.
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

/** The folders above the container's up to its unit's own, innermost first: systemd couldn't remove those before the container's. */
function betweenUnitAnd({ paths, systemd }: StateFile['cgroup']): string[] {
  const folder = paths[''] ?? '';
  const below = systemd?.below ?? '';
  if (below === '' || !folder.endsWith(below)) return [];
  const folders: string[] = [];
  for (let path = folder; path.length > folder.length - below.length; ) {
    path = path.slice(0, path.lastIndexOf('/'));
    folders.push(path);
  }
  return folders;
}

/**
 * What `create` was about to make when it was killed: a cgroup without a mark has no process of the container in it, unless systemd was
 * just putting init there, which ends by itself then.
 */
function removeUnmarked(rt: Runtime, { cgroup }: StateFile): void {
  const unmarked = cgroup.made.filter((path) => holdOf(rt.native, cgroup, path) === 'unmarked');
  const paths = Object.entries(cgroup.paths).filter(([, path]) => unmarked.includes(path));
  try {
    destroyCgroup(rt.native, Object.fromEntries(paths), unmarked);
  } catch (error) {
    if (!isErrno(error, EBUSY)) throw error;
    rt.warn(withFields(error, {}, `${error.message}: they aren't the container's`));
  }
}

/** What is gone, or others use. */
function unlessBusy(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!isErrno(error, ENOENT, ENODEV, EBUSY, ENOTEMPTY)) throw error;
  }
}

/** How far the making of a container came that failed. */
export interface Progress {
  /** Its cgroups were made. What was made of them before that failed has been removed; the rest is another's. */
  readonly hasCgroup: boolean;
  /** createRuntime hooks ran, or were to: then the poststop hooks run. */
  readonly reachedHooks: boolean;
}

/**
 * Ends the process of a container whose making failed, and removes all there is of it; what can't be removed is a warning: the
 * first error counts.
 */
export function undoContainer(rt: Runtime, state: StateFile, progress: Progress, kill: () => void): void {
  cleanUp(rt, state.id, kill);
  state.pid = 0;
  if (!progress.hasCgroup) state.cgroup = { ...state.cgroup, paths: {}, made: [] };
  cleanUp(rt, state.id, () => destroyContainer(rt, state, progress.reachedHooks));
}
