/** Names the option of the command line in errors. */
import { TsruncError, withFields } from '../../base/error.js';

/** Runs `work`. A TsruncError that it throws gets the option and its path in front of the message. */
export function forOption<T>(option: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    throw withFields(error, { path }, `${option} ${path}: ${error.message}`);
  }
}
