/** Sends to an init that may have ended. */
import { ECONNRESET, EPIPE } from '../../base/errno.js';
import { isErrno } from '../../base/error.js';

/**
 * Calls `send`, and ignores that init is gone: the last message that init sent explains that better.
 * @throws TsruncError 'system' if sending fails for another reason
 */
export function sendToInit(send: () => void): void {
  try {
    send();
  } catch (error) {
    if (!isErrno(error, EPIPE, ECONNRESET)) throw error;
  }
}
