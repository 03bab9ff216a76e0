/** Identifies processes, and finds out whether they are alive. */
import { ENOENT, ESRCH } from '../../base/errno.js';
import { isErrno } from '../../base/error.js';
import type { Native, ProcessStat } from '../../native/native.js';

/** Identifies a process for good: a pid is reused, but not together with the same start time. */
export interface ProcessId {
  readonly pid: number;
  /** Start time in clock ticks since boot: field 22 of /proc/PID/stat. */
  readonly startTime: number;
}

/**
 * What the kernel says of that very process while it exists and isn't a zombie; otherwise undefined. If only its main thread has ended, the
 * kernel shows a zombie too, but the process still runs.
 */
export function livingProcess(native: Native, { pid, startTime }: ProcessId): ProcessStat | undefined {
  if (pid <= 0) return undefined;
  const stat = native.processStat(pid);
  if (stat === null || stat.startTime !== startTime) return undefined;
  return (stat.state !== 'Z' && stat.state !== 'X') || stat.threads > 1 ? stat : undefined;
}

/** True while livingProcess finds it. */
export function isAlive(native: Native, process: ProcessId): boolean {
  return livingProcess(native, process) !== undefined;
}

/**
 * True once that very process is gone, or all of its threads have begun to exit. An init that ends stays so for as long
 * as the kernel takes to end the others of its pid namespace, and isn't a zombie yet (pid_namespaces(7)).
 */
export function isEnding(native: Native, process: ProcessId): boolean {
  if (!isAlive(native, process)) return true;
  try {
    // The first thread may end before the others.
    const threads = native.readDir(`/proc/${process.pid}/task`);
    return threads.every((thread) => native.processStat(Number(thread))?.exiting ?? true);
  } catch (error) {
    if (isErrno(error, ENOENT, ESRCH)) return true;
    throw error;
  }
}

/**
 * A pidfd of that very process, or null if it is gone. The start time is compared after the pidfd is opened, when a
 * reuse of the pid can no longer go unnoticed. The caller closes the pidfd.
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
