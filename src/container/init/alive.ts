import { ESRCH } from '../../base/errno.js';
import { isErrno } from '../../base/error.js';
import type { Native } from '../../native/native.js';

/** A process for good: pids are used again, a pid together with its start time isn't. */
export interface ProcessId {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat. */
  readonly startTime: number;
}

/**
 * True while that very process exists and isn't a zombie. One whose first thread has ended is shown as a zombie until the others have, and
 * runs as well as before.
 */
export function isAlive(native: Native, { pid, startTime }: ProcessId): boolean {
  if (pid <= 0) return false;
  const stat = native.processStat(pid);
  if (stat === null || stat.startTime !== startTime) return false;
  return (stat.state !== 'Z' && stat.state !== 'X') || stat.threads > 1;
}

/**
 * A pidfd of that very process, or null when it is gone. The start time is compared after the pidfd was opened: the pid
 * can't go to another process from then on without the pidfd showing it.
 */
export function openProcess(native: Native, process: ProcessId): number | null {
  if (process.pid <= 0) return null;
  let pidfd: number;
  try {
    pidfd = native.pidfdOpen(process.pid);
  } catch (error) {
    if (isErrno(error, ESRCH)) return null;
    throw error;
  }
  if (isAlive(native, process)) return pidfd;
  native.close(pidfd);
  return null;
}

/** Sends a signal to the process of a pidfd; false when it is gone. */
export function signalProcess(native: Native, pidfd: number, signal: number): boolean {
  try {
    native.pidfdSignal(pidfd, signal);
    return true;
  } catch (error) {
    if (isErrno(error, ESRCH)) return false;
    throw error;
  }
}
