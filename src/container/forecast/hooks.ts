/** What is foretold of hooks: whether they can be executed. What they do then is theirs. */
import { TsruncError } from '../../base/error.js';
import { S_IFMT, S_IFREG } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import { EXECUTE, may, runtimeIdentity } from './host-rights.js';
import { checkProgram } from './program.js';
import { resolveIn } from './resolve-path.js';
import { fails, unknown, type Verdict } from './verdict.js';

const OWN_DOING = unknown('what a hook does, and how it ends, is its own');

/** A hook whose path is looked up in the runtime's file system: all but startContainer. */
export function foretellHook(native: Native, path: string): Verdict {
  try {
    const { path: real, stat } = resolveIn(native, '', path);
    if (stat === null) return fails(`${path}: no such file`);
    if ((stat.mode & S_IFMT) !== S_IFREG || !may(runtimeIdentity(native), stat, EXECUTE))
      return fails(`${path}: permission denied: it is no file that can be executed`);
    return foretellHookIn(native, '', real, () => false);
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return unknown(error.message);
  }
}

/** A hook that is executed in the container's root. */
export function foretellHookIn(
  native: Native,
  root: string,
  path: string,
  isLater: (path: string) => boolean,
): Verdict {
  const verdict = checkProgram({ native, root, isLater }, path);
  return verdict.outcome === 'works' ? OWN_DOING : verdict;
}
