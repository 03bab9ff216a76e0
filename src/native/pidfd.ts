/** Signals by pidfd, which reach no other process than the one that was opened: pidfd_send_signal(2). */
import { ESRCH } from '../base/errno.js';
import { isErrno } from '../base/error.js';
import type { Native } from './native.js';
import { SIGKILL } from './signals.js';

/**
 * Sends a signal to the process of a pidfd.
 * @param signal its number
 * @returns false when the process is gone
 * @throws TsruncError 'system' when it may not be signalled
 */
export function signalProcess(native: Native, pidfd: number, signal: number): boolean {
  try {
    native.pidfdSignal(pidfd, signal);
    return true;
  } catch (error) {
    if (isErrno(error, ESRCH)) return false;
    throw error;
  }
}

/**
 * Kills a child of ours, unless it has ended by itself, and reaps it. The pidfd stays open.
 * @returns its exit status, or 128 + signal
 * @throws TsruncError 'system' when it can't be signalled or waited for
 */
export function killChild(native: Native, pidfd: number): number {
  signalProcess(native, pidfd, SIGKILL);
  return native.wait(pidfd, false) ?? 0;
}
