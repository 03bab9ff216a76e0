import { TsruncError, withFields } from '../../base/error.js';
import type { Runtime } from '../runtime.js';

/** Cleans up behind an operation that has failed, whose error counts: what can't be removed is a warning, and stays for `delete --force`. */
export function cleanUp(rt: Runtime, id: string, act: () => void): void {
  attempt(id, act, (problem) => rt.warn(problem));
}

/** Cleans up behind one that has done its work, whose status counts: what can't be removed is told as an error is, and stays as well. */
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
