import { ECONNRESET, EPIPE } from '../../base/errno.js';
import { isErrno } from '../../base/error.js';

/** Sends init something. That it is gone is not told here: it shows better in what it said last. */
export function unlessGone(send: () => void): void {
  try {
    send();
  } catch (error) {
    if (!isErrno(error, EPIPE, ECONNRESET)) throw error;
  }
}
