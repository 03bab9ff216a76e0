/** Cleans up without hiding the result of the operation. */
import { TsruncError, withFields } from '../../base/error.js';
import type { Runtime } from '../runtime.js';

/**
 * Cleans up after an operation that failed. Its own error is the one that counts, so what can't be removed is a
 * warning and remains for `delete --force`.
 */
export function cleanUp(rt: Runtime, id: string, act: () => void): void {
  attempt(id, act, (problem) => rt.warn(problem));
}

/**
 * Cleans up after an operation that succeeded. Its result counts, so what can't be removed is reported as an error
 * without being thrown, and remains as well.
 */
export function cleanUpBehind(rt: Runtime, id: string, act: () => void): void {
  attempt(id, act, (problem) => rt.tellError(problem));
}

function attempt(id: string, act: () => void, tell: (problem: TsruncError) => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    const hint = `\`delete --force ${id}\` removes what is left of the container`;
    tell(withFields(error, { hint }, `cleaning up: ${error.message}`));
  }
}
