import { destroyCgroup } from '../cgroup/destroy.js';
import { killCgroup } from '../cgroup/kill.js';
import { TsruncError, withFields } from '../error.js';
import type { Native } from '../native/native.js';
import { SIGKILL } from '../native/signals.js';
import { runHooksAnyway } from './hooks.js';
import { removeIntelRdt } from './intel-rdt.js';
import type { Runtime } from './runtime.js';
import type { StateFile } from './state-schema.js';
import { removeState } from './state-store.js';
import { stopUnit } from './systemd-unit.js';

/**
 * Removes all that a container holds whose init is gone: processes left in its cgroups, the cgroups, the resctrl group, its folder. Then the
 * poststop hooks run. Each part that is missing already is fine, so that a removal that was cut short can be done again;
 * the folder goes last for that reason.
 */
export function destroyContainer(rt: Runtime, state: StateFile, poststop: boolean): void {
  const { native } = rt;
  const { paths, made } = state.cgroup;
  // A cgroup that was there before may hold processes of others; those of the container died with its pid namespace.
  if (state.cgroup.systemd !== undefined) {
    killOwnCgroups(native, state);
    stopUnit(rt, state.cgroup);
  }
  // Mostly nothing is in them any more, which rmdir says sooner than a look into each hierarchy.
  destroyCgroup(native, paths, made, (left) => killCgroup(native, left, SIGKILL));
  removeIntelRdt(native, state.intelRdt);
  removeState(rt, state.id);
  if (poststop) runHooksAnyway(rt, 'poststop', state.hooks.poststop, state, 'stopped');
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
  try {
    kill();
    state.pid = 0;
    if (!progress.hasCgroup) state.cgroup = { paths: {}, made: [] };
    destroyContainer(rt, state, progress.reachedHooks);
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    rt.warn(withFields(error, {}, `cleaning up: ${error.message}`));
  }
}

/** Ends every process in the cgroups that were made for this container. */
export function killOwnCgroups(native: Native, state: StateFile): void {
  if (hasOwnCgroup(state)) killCgroup(native, ownCgroups(state), SIGKILL);
}

/** Whether a cgroup was made for this container: then none of its processes is overlooked. */
export function hasOwnCgroup(state: StateFile): boolean {
  return Object.keys(ownCgroups(state)).length > 0;
}

/** The cgroups that were made for this container: no process but its own is in them. */
function ownCgroups(state: StateFile): Record<string, string> {
  return Object.fromEntries(Object.entries(state.cgroup.paths).filter(([, path]) => state.cgroup.made.includes(path)));
}
