/** Sends signals to all processes of a container, and makes sure that none escapes SIGKILL by forking. */
import { EBUSY, EINVAL, ENODEV, ENOENT, EOPNOTSUPP, ESRCH, ETIMEDOUT } from '../base/errno.js';
import { isErrno, TsruncError } from '../base/error.js';
import { now } from '../native/clock.js';
import { POLLIN } from '../native/flags.js';
import type { Native } from '../native/native.js';
import { signalProcess } from '../native/pidfd.js';
import { SIGKILL } from '../native/signals.js';
import { waitForEvent } from './events.js';
import { freezeCgroup, isFrozen, thawCgroup, thawCgroupTree } from './freeze.js';
import { cgroupProcesses, type IsForeign, nobody } from './processes.js';

/** How long killed processes may take to die; one in uninterruptible sleep may never do so. */
const TIMEOUT_MS = 10_000;
/** How long to wait for killed processes before the cgroups are read again for others. */
const LOOK_AGAIN_MS = 250;
/** Most pidfds held open at a time: a container may have more processes than the usual soft RLIMIT_NOFILE of 1024. */
const AT_ONCE = 256;

/**
 * Sends a signal to every process of the container, those in cgroups below included. For SIGKILL it returns when all of
 * them are dead, even those forked meanwhile; any other signal is sent once to the processes found.
 * @param paths the container's directories (CgroupPlan.paths)
 * @param isForeign true for cgroups below that belong to another container: their processes get no signal
 * @returns the number of processes: those found at first for SIGKILL, else those that got the signal
 * @throws TsruncError 'system' with ETIMEDOUT, naming the pids that didn't die
 */
export function killCgroup(
  native: Native,
  paths: Readonly<Record<string, string>>,
  signal: number,
  isForeign: IsForeign = nobody,
): number {
  const target = new Target(native, paths, isForeign);
  return signal === SIGKILL ? killAll(native, target) : signalAll(native, target, signal);
}

/** The processes that get the signal. */
class Target {
  /** Another container has a cgroup below, so cgroup.kill and freezing would hit its processes too. Set by pids(). */
  shared = false;

  constructor(
    private readonly native: Native,
    readonly paths: Readonly<Record<string, string>>,
    readonly isForeign: IsForeign,
  ) {}

  pids(): number[] {
    return cgroupProcesses(this.native, this.paths, (directory) => {
      if (!this.isForeign(directory)) return false;
      this.shared = true;
      return true;
    });
  }
}

function killAll(native: Native, target: Target): number {
  const { paths } = target;
  const end = now(native) + TIMEOUT_MS;
  const count = target.pids().length;
  if (count === 0) return 0;
  if (!target.shared && killWhole(native, paths)) {
    thawCgroupTree(native, paths);
    waitEmpty(native, paths, end);
  }
  // Without cgroup.kill this kills all processes. After it, on a hybrid host, those that were moved out of the v2
  // cgroup but are still in a v1 one.
  for (;;) {
    const pids = target.pids();
    if (pids.length === 0) return count;
    const frozen = !target.shared && tryFreeze(native, paths);
    try {
      signalEach(native, frozen ? target.pids() : pids, SIGKILL);
    } finally {
      if (frozen) thawCgroup(native, paths);
    }
    thawCgroupTree(native, paths, target.isForeign);
    waitDead(native, pids.slice(0, AT_ONCE), end);
  }
}

/**
 * Kills by cgroup.kill (Linux 5.14), which reaches every process at once, those being forked at that moment included.
 * @returns false where that file can't be used
 */
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

function signalAll(native: Native, target: Target, signal: number): number {
  const { paths } = target;
  const pids = target.pids();
  // A frozen process can't fork, so none escapes the signal. A container that was paused before stays paused.
  const wasFrozen = isFrozen(native, paths);
  const frozen = wasFrozen || (!target.shared && tryFreeze(native, paths));
  try {
    return signalEach(native, frozen ? target.pids() : pids, signal);
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

/** A pidfd of the process, or null when it is gone. */
function openProcess(native: Native, pid: number): number | null {
  try {
    return native.pidfdOpen(pid);
  } catch (error) {
    // Old kernels say EINVAL for a zombie thread group leader.
    if (isErrno(error, ESRCH, EINVAL)) return null;
    throw error;
  }
}

/** Returns how many processes got the signal. */
function signalEach(native: Native, pids: readonly number[], signal: number): number {
  let sent = 0;
  for (const pid of pids) {
    const pidfd = openProcess(native, pid);
    if (pidfd === null) continue;
    try {
      if (signalProcess(native, pidfd, signal)) sent++;
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

/**
 * Returns when all are dead (their pidfds are readable then), or after LOOK_AGAIN_MS: a process that was still alive
 * may have frozen or forked others, which the caller then has to look for.
 */
function waitDead(native: Native, pids: readonly number[], end: number): void {
  const again = now(native) + LOOK_AGAIN_MS;
  let dying: [pid: number, pidfd: number][] = [];
  try {
    for (const pid of pids) {
      const pidfd = openProcess(native, pid);
      if (pidfd !== null) dying.push([pid, pidfd]);
    }
    while (dying.length > 0) {
      const time = end - now(native);
      if (time <= 0) throw notDead(dying.map(([pid]) => pid));
      const left = Math.min(time, again - now(native));
      if (left <= 0) return;
      const ready = native.poll(
        dying.map(([, pidfd]) => pidfd),
        dying.map(() => POLLIN),
        Math.ceil(left),
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
