import { TsruncError, withFields } from '../../base/error.js';

/** Does `work` for an option of the command line: an error says which, and the path that was given. */
export function forOption<T>(option: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    throw withFields(error, { path }, `${option} ${path}: ${error.message}`);
  }
}
