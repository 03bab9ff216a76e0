/** Applies an operation to all containers whose id matches (--regex). */
import { E2BIG, EINVAL } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import type { Runtime } from '../runtime.js';
import { containerIds } from './list.js';

/**
 * Calls `act` for every container whose id matches an extended regular expression anywhere (regex(7), as with crun).
 * All are tried even if some fail. No match is no error.
 * @throws TsruncError 'usage' for an invalid, too large or empty expression; otherwise the first error, with the messages of all
 */
export function forMatching(rt: Runtime, pattern: string, act: (id: string) => void): void {
  // An empty expression most likely comes from an unset shell variable.
  if (pattern === '')
    throw new TsruncError('usage', '--regex: is empty, and would match all containers; must be ".*" for that');
  const failures: TsruncError[] = [];
  for (const id of matchingIds(rt, pattern)) {
    try {
      act(id);
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      // It was removed meanwhile, so there is nothing to do for it.
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
    if (isErrno(error, E2BIG)) {
      throw new TsruncError('usage', `--regex: ${quote(pattern)} is too large an expression`, {
        hint: 'written out it may have 400 characters and operators; repetitions in repetitions, no deeper; nothing repeated that holds ^, $ or \\b, or that can match nothing in many ways; and no \\1 to \\9',
      });
    }
    if (!isErrno(error, EINVAL)) throw error;
    throw new TsruncError('usage', `--regex: ${quote(pattern)} is no extended regular expression`, {
      hint: 'what one is made of says regex(7)',
    });
  }
}
