/** Signals to all processes of a container. */
import { EBUSY, EINVAL, ENODEV, ENOENT, EOPNOTSUPP, ESRCH, ETIMEDOUT } from '../errno.js';
import { isErrno, TsruncError } from '../error.js';
import { POLLIN } from '../native/flags.js';
import type { Native } from '../native/native.js';
import { SIGKILL } from '../native/signals.js';
import { now, waitForEvent } from './events.js';
import { freezeCgroup, isFrozen, thawCgroup, v1Freezer } from './freeze.js';
import { cgroupProcesses } from './processes.js';

/** How long killed processes may take to die; one in uninterruptible sleep can take forever. */
const TIMEOUT_MS = 10_000;
/** Descriptors held at a time: a container may have more processes than a soft RLIMIT_NOFILE of 1024 allows. */
const AT_ONCE = 256;

/**
 * Sends a signal to every process of the container, sub-cgroups included. SIGKILL returns when all of them are dead, those
 * forked meanwhile too; any other signal is sent once to those that are there.
 * @param paths the container's folders (CgroupPlan.paths)
 * @returns how many processes there were to be signalled
 * @throws TsruncError 'system' naming the pids that didn't die
 */
export function killCgroup(native: Native, paths: Readonly<Record<string, string>>, signal: number): number {
  return signal === SIGKILL ? killAll(native, paths) : signalAll(native, paths, signal);
}

function killAll(native: Native, paths: Readonly<Record<string, string>>): number {
  const end = now(native) + TIMEOUT_MS;
  const count = cgroupProcesses(native, paths).length;
  if (count === 0) return 0;
  if (killWhole(native, paths)) {
    thawFrozen(native, paths);
    waitEmpty(native, paths, end);
  }
  // All of them without cgroup.kill; else, beside v1 hierarchies, those that were moved out of the v2 cgroup.
  for (;;) {
    const pids = cgroupProcesses(native, paths);
    if (pids.length === 0) return count;
    const frozen = tryFreeze(native, paths);
    try {
      signalEach(native, frozen ? cgroupProcesses(native, paths) : pids, SIGKILL);
    } finally {
      if (frozen) thawCgroup(native, paths);
    }
    waitDead(native, pids.slice(0, AT_ONCE), end);
  }
}

/** cgroup.kill (Linux 5.14) reaches every process, and every fork on its way, at once. False where it isn't there. */
function killWhole(native: Native, paths: Readonly<Record<string, string>>): boolean {
  if (paths[''] === undefined) return false;
  try {
    native.writeExisting(`${paths['']}/cgroup.kill`, '1');
    return true;
  } catch (error) {
    // EOPNOTSUPP: a threaded cgroup.
    if (isErrno(error, ENOENT, ENODEV, EOPNOTSUPP)) return false;
    throw error;
  }
}

/** A process frozen by v1 dies only once it's thawed; in v2 a kill goes through. */
function thawFrozen(native: Native, paths: Readonly<Record<string, string>>): void {
  if (v1Freezer(paths) !== undefined && isFrozen(native, paths)) thawCgroup(native, paths);
}

function signalAll(native: Native, paths: Readonly<Record<string, string>>, signal: number): number {
  // Frozen, no process can fork and so escape the signal; but a container that was paused stays so.
  const wasFrozen = isFrozen(native, paths);
  const frozen = wasFrozen || tryFreeze(native, paths);
  try {
    return signalEach(native, cgroupProcesses(native, paths), signal);
  } finally {
    if (frozen && !wasFrozen) thawCgroup(native, paths);
  }
}

function tryFreeze(native: Native, paths: Readonly<Record<string, string>>): boolean {
  try {
    freezeCgroup(native, paths);
    return true;
  } catch (error) {
    if (error instanceof TsruncError && error.code === 'unsupported') return false;
    if (isErrno(error, ENOENT, ENODEV, EBUSY, ETIMEDOUT)) return false;
    throw error;
  }
}

/** A pidfd, or null when the process is gone. */
function openProcess(native: Native, pid: number): number | null {
  try {
    return native.pidfdOpen(pid);
  } catch (error) {
    // EINVAL: a zombie leader whose threads are gone, on old kernels.
    if (isErrno(error, ESRCH, EINVAL)) return null;
    throw error;
  }
}

/** Returns how many were there to be signalled. */
function signalEach(native: Native, pids: readonly number[], signal: number): number {
  let sent = 0;
  for (const pid of pids) {
    const pidfd = openProcess(native, pid);
    if (pidfd === null) continue;
    try {
      native.pidfdSignal(pidfd, signal);
      sent++;
    } catch (error) {
      if (!isErrno(error, ESRCH)) throw error;
    } finally {
      native.close(pidfd);
    }
  }
  return sent;
}

/** Returns when no process is left in the v2 cgroup. */
function waitEmpty(native: Native, paths: Readonly<Record<string, string>>, end: number): void {
  try {
    waitForEvent(native, paths['']!, 'populated', '0', end - now(native));
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV)) return;
    if (isErrno(error, ETIMEDOUT)) throw notDead(cgroupProcesses(native, paths));
    throw error;
  }
}

/** Returns when all are dead; a pidfd is readable from then on. */
function waitDead(native: Native, pids: readonly number[], end: number): void {
  let dying: [pid: number, pidfd: number][] = [];
  try {
    for (const pid of pids) {
      const pidfd = openProcess(native, pid);
      if (pidfd !== null) dying.push([pid, pidfd]);
    }
    while (dying.length > 0) {
      const time = end - now(native);
      if (time <= 0) throw notDead(dying.map(([pid]) => pid));
      const ready = native.poll(
        dying.map(([, pidfd]) => pidfd),
        dying.map(() => POLLIN),
        Math.ceil(time),
      );
      for (const [i, [, pidfd]] of dying.entries()) if (ready[i] !== 0) native.close(pidfd);
      dying = dying.filter((_, i) => ready[i] === 0);
    }
  } finally {
    for (const [, pidfd] of dying) native.close(pidfd);
  }
}

function notDead(pids: readonly number[]): TsruncError {
  return new TsruncError('system', `killed, but not dead after ${TIMEOUT_MS / 1000} s: pid ${pids.join(', ')}`, {
    errno: ETIMEDOUT,
    hint: 'a process in uninterruptible sleep (state D) dies when what it waits for happens',
  });
}
