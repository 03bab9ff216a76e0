/** Tells an error of a command from the end of the container that it works on. */
import { ENOENT, ESRCH } from '../../base/errno.js';
import { TsruncError } from '../../base/error.js';
import type { Native } from '../../native/native.js';
import { isEnding, type ProcessId } from './process-id.js';

/**
 * The error to throw for what failed in a container that may have stopped since it was looked at: then anything can
 * fail. Its namespaces and its root are gone (ESRCH, ENOENT), and no process can be made in its pid namespace (ENOMEM).
 * @param init the container's init
 * @param message what to say if it stopped
 * @returns TsruncError 'state' with the message, or the error as it was
 */
export function stoppedMeanwhile(native: Native, init: ProcessId, message: string, error: unknown): unknown {
  if (!(error instanceof TsruncError) || error.code === 'state') return error;
  if (!isOfTheEnd(error, init) && !isEnding(native, init)) return error;
  return new TsruncError('state', message, { hint: `it stopped meanwhile: ${error.message}` });
}

/** What only an exiting process answers, though not all of its threads may have noticed the signal yet. */
function isOfTheEnd({ fields: { errno, path = '' } }: TsruncError, { pid }: ProcessId): boolean {
  return errno === ESRCH || (errno === ENOENT && path.startsWith(`/proc/${pid}/`));
}
