/** Whether the state directory of a container can be made. */
import { TsruncError } from '../../base/error.js';
import { checkRoot } from '../creation/check-root.js';
import type { Runtime } from '../runtime.js';
import { stateDirectory } from '../state/paths.js';
import { EXECUTE, isReadonlyMount, may, runtimeIdentity, WRITE } from './host-rights.js';
import { resolveIn } from './resolve-path.js';
import { fails, unknown, type Verdict, WORKS } from './verdict.js';

/** What is foretold of making the state directory of the container `id` in --root. */
export function foretellState(rt: Runtime, id: string): Verdict {
  const { native } = rt;
  try {
    checkRoot(rt);
    const path = stateDirectory(rt, id);
    const found = resolveIn(native, '', path);
    if (found.stat !== null) return fails(`the id ${id} is taken: ${path} exists`);
    if (found.notDirectory) return fails(`${found.path} is no directory`);
    if (isReadonlyMount(native, found.path)) return fails(`${found.path} is read-only; name another place with --root`);
    const stat = native.stat(found.path, true);
    if (stat !== null && may(runtimeIdentity(native), stat, WRITE | EXECUTE)) return WORKS;
    return fails(`nothing can be made in ${found.path}; set XDG_RUNTIME_DIR, or name another place with --root`);
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return error.code === 'usage' ? fails(error.message) : unknown(error.message);
  }
}
