/** Signals to all processes of a container. */
import { EBUSY, EINVAL, ENODEV, ENOENT, EOPNOTSUPP, ESRCH, ETIMEDOUT } from '../errno.js';
import { isErrno, TsruncError } from '../error.js';
import { POLLIN } from '../native/flags.js';
import type { Native } from '../native/native.js';
import { SIGKILL } from '../native/signals.js';
import { now } from './events.js';
import { freezeCgroup, isFrozen, thawCgroup, v1Freezer } from './freeze.js';
import { cgroupProcesses } from './processes.js';

/** How long killed processes may take to die; one in uninterruptible sleep can take forever. */
const TIMEOUT_MS = 10_000;

/**
 * Sends a signal to every process of the container, sub-cgroups included. SIGKILL returns when all of them are dead, those
 * forked meanwhile too; any other signal is sent once to those that are there.
 * @param paths the container's folders (CgroupPlan.paths)
 * @returns how many processes the signal was sent to; with cgroup.kill, how many were there
 * @throws TsruncError 'system' naming the pids that didn't die
 */
export function killCgroup(native: Native, paths: Readonly<Record<string, string>>, signal: number): number {
  return signal === SIGKILL ? killAll(native, paths) : signalAll(native, paths, signal);
}

function killAll(native: Native, paths: Readonly<Record<string, string>>): number {
  const end = now(native) + TIMEOUT_MS;
  const killed = new Set<number>();
  for (;;) {
    const pids = cgroupProcesses(native, paths);
    if (pids.length === 0) return killed.size;
    // A descriptor is taken before the kill: afterwards the number may belong to another process.
    const dying = openAll(native, pids);
    try {
      const whole = killWhole(native, paths);
      // Beside v1 hierarchies a process may have left the v2 cgroup.
      if (!whole || Object.keys(paths).length > 1) signalEach(native, dying, SIGKILL);
      thawFrozen(native, paths);
      for (const [pid] of dying) killed.add(pid);
      waitDead(native, dying, end);
    } finally {
      for (const [, pidfd] of dying) native.close(pidfd);
    }
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
    const targets = openAll(native, cgroupProcesses(native, paths));
    try {
      return signalEach(native, targets, signal);
    } finally {
      for (const [, pidfd] of targets) native.close(pidfd);
    }
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

function openAll(native: Native, pids: readonly number[]): [pid: number, pidfd: number][] {
  const open: [number, number][] = [];
  for (const pid of pids)
    try {
      open.push([pid, native.pidfdOpen(pid)]);
    } catch (error) {
      // EINVAL: a zombie leader whose threads are gone, on old kernels.
      if (!isErrno(error, ESRCH, EINVAL)) {
        for (const [, pidfd] of open) native.close(pidfd);
        throw error;
      }
    }
  return open;
}

function signalEach(native: Native, targets: readonly [number, number][], signal: number): number {
  let sent = 0;
  for (const [, pidfd] of targets)
    try {
      native.pidfdSignal(pidfd, signal);
      sent++;
    } catch (error) {
      if (!isErrno(error, ESRCH)) throw error;
    }
  return sent;
}

/** Returns when all are dead; a pidfd is readable from then on. */
function waitDead(native: Native, dying: readonly [number, number][], end: number): void {
  let left = [...dying];
  while (left.length > 0) {
    const time = end - now(native);
    if (time <= 0)
      throw new TsruncError(
        'system',
        `killed, but not dead after ${TIMEOUT_MS / 1000} s: pid ${left.map(([pid]) => pid)}`,
        {
          errno: ETIMEDOUT,
          hint: 'a process in uninterruptible sleep (state D) dies when what it waits for happens',
        },
      );
    const ready = native.poll(
      left.map(([, pidfd]) => pidfd),
      left.map(() => POLLIN),
      Math.ceil(time),
    );
    left = left.filter((_, i) => ready[i] === 0);
  }
}
