/** Serialises the commands on a container by a lock on its state directory. */
import { EACCES, ENOENT, ENOTDIR, EPERM, ESRCH } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { pause } from '../../native/clock.js';
import { LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, O_DIRECTORY, O_NOFOLLOW, O_RDONLY, POLLIN } from '../../native/flags.js';
import type { FileStat, Native } from '../../native/native.js';
import { signalProcess } from '../../native/pidfd.js';
import { SIGKILL } from '../../native/signals.js';
import type { Runtime } from '../runtime.js';
import { stateDirectory } from './paths.js';
import { notFound } from './state-store.js';

/** How long a command may keep the lock after its container was killed, in ms. */
const PATIENCE = 10_000;

/** A held lock: flock(2) on the state directory. The kernel releases it when the process ends for whatever reason. */
export interface Lock {
  /** Identity of the locked directory. Its name may lead to another one by now. */
  readonly directory: Pick<FileStat, 'dev' | 'ino'>;
  /** Gives the lock up while the container runs. The directory stays open, so its inode number can't be reused. */
  unlock(): void;
  /**
   * Waits for the lock again. Returns false if the container was removed meanwhile; its id may be another's by then.
   */
  relock(): boolean;
  /** Gives the lock up for good. */
  release(): void;
}

/**
 * Locks the state directory of a container. Several commands may hold a `shared` lock (exec), but none together with
 * an exclusive one.
 * @returns null if `wait` is false and another command holds the lock
 * @throws TsruncError 'not-found' if the directory is missing, or was removed by the command that was waited for
 */
export function lockContainer(rt: Runtime, id: string, { wait = true, shared = false } = {}): Lock | null {
  const { native } = rt;
  for (;;) {
    const fd = openDirectory(rt, id);
    try {
      const kind = shared ? LOCK_SH : LOCK_EX;
      const lock = native.flock(fd, kind | (wait ? 0 : LOCK_NB)) ? heldLock(rt, id, fd, kind) : null;
      // The command that had the lock may have removed the directory, and another command may have made it again.
      if (lock === null || isNamed(rt, id, lock.directory)) {
        if (lock === null) native.close(fd);
        return lock;
      }
    } catch (error) {
      native.close(fd);
      throw error;
    }
    native.close(fd);
  }
}

/**
 * Locks a state directory that the caller has just made, exclusively.
 * @throws TsruncError 'system'; then it isn't locked
 */
export function lockNewDirectory(rt: Runtime, id: string): Lock {
  const fd = openDirectory(rt, id);
  try {
    // Other commands may hold the lock for a moment, until they see that there is no state yet.
    rt.native.flock(fd, LOCK_EX);
    return heldLock(rt, id, fd, LOCK_EX);
  } catch (error) {
    rt.native.close(fd);
    throw error;
  }
}

function openDirectory(rt: Runtime, id: string): number {
  try {
    return rt.native.open(stateDirectory(rt, id), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
  } catch (error) {
    if (isErrno(error, ENOENT, ENOTDIR)) throw notFound(id);
    throw error;
  }
}

function isNamed(rt: Runtime, id: string, directory: Lock['directory']): boolean {
  const named = rt.native.stat(stateDirectory(rt, id), false);
  return named !== null && named.ino === directory.ino && named.dev === directory.dev;
}

function heldLock(rt: Runtime, id: string, fd: number, kind: number): Lock {
  const { native } = rt;
  const directory = native.fstat(fd);
  let open = true;
  return {
    directory,
    unlock: () => {
      native.flock(fd, LOCK_UN);
    },
    relock() {
      native.flock(fd, kind);
      return isNamed(rt, id, directory);
    },
    release() {
      if (open) native.close(fd);
      open = false;
    },
  };
}

/** Waits for the exclusive lock; throws as lockContainer. */
export function lockExclusive(rt: Runtime, id: string): Lock {
  return lockContainer(rt, id) as Lock;
}

/**
 * True if a command holds the lock exclusively.
 * @param shared also true if it is held shared, as by exec
 */
export function isLocked(rt: Runtime, id: string, { shared = false } = {}): boolean {
  const lock = lockContainer(rt, id, { wait: false, shared: !shared });
  lock?.release();
  return lock === null;
}

/**
 * Takes the lock for `delete --force`, which has killed the container before. Waits for the command that holds the
 * lock; one that doesn't end by itself, since it hangs in a hook, is killed.
 */
export function takeLock(rt: Runtime, id: string): Lock {
  for (;;) {
    const lock = lockContainer(rt, id, { wait: false });
    if (lock !== null) return lock;
    const holder = lockHolder(rt, id);
    if (holder === null) return lockExclusive(rt, id);
    let pidfd: number;
    try {
      pidfd = rt.native.pidfdOpen(holder);
    } catch (error) {
      if (!isErrno(error, ESRCH)) throw error;
      if (endHeirs(rt, id, holder)) continue;
      return lockExclusive(rt, id);
    }
    try {
      if (rt.native.poll([pidfd], [POLLIN], PATIENCE)[0] === 0 && lockHolder(rt, id) === holder) {
        const text = `process ${holder} holds the lock of container ${id} and does not end: it is killed`;
        rt.warn(new TsruncError('state', text));
        signalProcess(rt.native, pidfd, SIGKILL);
        rt.native.poll([pidfd], [POLLIN], PATIENCE);
      }
    } finally {
      rt.native.close(pidfd);
    }
  }
}

/**
 * Kills processes that inherited the lock. A command that is killed during clone3 leaves a child that has its
 * descriptors, the lock among them, until it executes init. Usually that child ends by itself; otherwise nobody needs
 * it any more.
 * @param holder pid of the command that took the lock, which is dead
 * @returns false if no such process was found
 */
function endHeirs(rt: Runtime, id: string, holder: number): boolean {
  const { native } = rt;
  pause(native, 1);
  if (lockHolder(rt, id) !== holder) return true;
  let found = false;
  const directory = native.stat(stateDirectory(rt, id), false);
  for (const pid of native.readDir('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === native.identity()[4] || !hasOpen(native, pid, directory)) continue;
    found = true;
    rt.warn(new TsruncError('state', `process ${pid} has inherited the lock of container ${id}: it is killed`));
    try {
      const pidfd = native.pidfdOpen(Number(pid));
      try {
        signalProcess(native, pidfd, SIGKILL);
        native.poll([pidfd], [POLLIN], PATIENCE);
      } finally {
        native.close(pidfd);
      }
    } catch (error) {
      if (!isErrno(error, ESRCH)) throw error;
    }
  }
  return found;
}

/** Whether a process has the file open with a lock, its own or an inherited one (proc_pid_fdinfo(5), `lock`). */
function hasOpen(native: Native, pid: string, file: FileStat | null): boolean {
  try {
    return native.readDir(`/proc/${pid}/fd`).some((fd) => {
      const stat = native.stat(`/proc/${pid}/fd/${fd}`, true);
      if (file === null || stat?.ino !== file.ino || stat.dev !== file.dev) return false;
      return native.readFile(`/proc/${pid}/fdinfo/${fd}`, 1 << 16).includes('FLOCK');
    });
  } catch (error) {
    // The process has ended, or is another user's.
    if (isErrno(error, ENOENT, ESRCH, EACCES, EPERM)) return false;
    throw error;
  }
}

/**
 * Pid of the process that took the lock, from /proc/locks; null if it isn't visible, e.g. in another pid namespace.
 * A line there: `1: FLOCK  ADVISORY  WRITE 1234 00:1b:5678 0 EOF`, device numbers in hexadecimal.
 */
function lockHolder(rt: Runtime, id: string): number | null {
  const stat = rt.native.stat(stateDirectory(rt, id), false);
  const locks = rt.native.readFileIfExists('/proc/locks', 16 << 20);
  if (stat === null || locks === null) return null;
  for (const line of locks.split('\n')) {
    const [, kind, , , pid = '', place = ''] = line.trim().split(/\s+/);
    if (
      kind === 'FLOCK' &&
      place.split(':')[2] === String(stat.ino) &&
      Number(pid) > 0 &&
      sameDevice(place, stat.dev)
    ) {
      return Number(pid);
    }
  }
  return null;
}

/** Whether `MAJOR:MINOR:INODE` of /proc/locks is on the device `dev`, an st_dev in the encoding of makedev(3). */
function sameDevice(place: string, dev: number): boolean {
  const [major = '', minor = ''] = place.split(':');
  const device = BigInt(dev);
  const theirMajor = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const theirMinor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return BigInt(`0x${major}`) === theirMajor && BigInt(`0x${minor}`) === theirMinor;
}
