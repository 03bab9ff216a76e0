import { destroyCgroup, killCgroup } from '../cgroup/apply.js';
import { SIGKILL } from '../native/signals.js';
import { removeMadeFolders } from './cgroup-folders.js';
import { runHooksAnyway } from './hooks.js';
import { stateFolder } from './paths.js';
import type { Runtime } from './runtime.js';
import type { StateFile } from './state-schema.js';

/**
 * Removes all that a container holds whose init is gone: processes left in its cgroups, the cgroups, its folder. Then the
 * poststop hooks run. Each part that is missing already is fine, so that a removal that was cut short can be done again;
 * the folder goes last for that reason.
 */
export function destroyContainer(rt: Runtime, state: StateFile, poststop: boolean): void {
  const { native } = rt;
  if (Object.keys(state.cgroup.paths).length > 0) {
    killCgroup(native, state.cgroup.paths, SIGKILL);
    destroyCgroup(native, state.cgroup.paths);
  }
  removeMadeFolders(native, state.cgroup.made);
  native.removeTree(stateFolder(rt, state.id));
  if (poststop) runHooksAnyway(rt, 'poststop', state.hooks.poststop, state, 'stopped');
}
