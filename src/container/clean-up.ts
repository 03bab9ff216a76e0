import { TsruncError, withFields } from '../error.js';
import type { Runtime } from './runtime.js';

/**
 * Cleans up when what counts is known already, the status of a process that has ended or an error: what can't be removed is a warning,
 * and stays for `delete --force`.
 */
export function cleanUp(rt: Runtime, id: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    const hint = `\`delete --force ${id}\` removes what is left of the container`;
    rt.warn(withFields(error, { hint }, `cleaning up: ${error.message}`));
  }
}
