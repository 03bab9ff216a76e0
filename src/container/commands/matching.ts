import { EINVAL } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import type { Runtime } from '../runtime.js';
import { containerIds } from './list.js';

/**
 * Does the same to every container whose id matches an extended regular expression anywhere (regex(7), as with crun). One that
 * fails doesn't keep the others from it; that there is none is no error.
 * @throws TsruncError 'usage' when it is no regular expression; else what the first threw, with the others' messages.
 */
export function forMatching(rt: Runtime, pattern: string, act: (id: string) => void): void {
  // Of a shell variable that isn't set, most likely.
  if (pattern === '')
    throw new TsruncError('usage', '--regex: is empty, and would match all containers; must be ".*" for that');
  const failures: TsruncError[] = [];
  for (const id of matchingIds(rt, pattern)) {
    try {
      act(id);
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      // Removed meanwhile: it is none of the containers any more.
      if (error.code !== 'not-found') failures.push(error);
    }
  }
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length === 1) throw first;
  throw new TsruncError(first.code, failures.map(({ message }) => message).join('; '));
}

function matchingIds(rt: Runtime, pattern: string): string[] {
  try {
    return rt.native.matching(pattern, containerIds(rt));
  } catch (error) {
    if (!isErrno(error, EINVAL)) throw error;
    throw new TsruncError('usage', `--regex: ${quote(pattern)} is no extended regular expression`, {
      hint: 'what one is made of says regex(7)',
    });
  }
}
