import { EACCES, ENOENT, ENOTDIR, EPERM, ESRCH } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { pause } from '../../native/clock.js';
import { LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, O_DIRECTORY, O_NOFOLLOW, O_RDONLY, POLLIN } from '../../native/flags.js';
import type { FileStat, Native } from '../../native/native.js';
import { SIGKILL } from '../../native/signals.js';
import type { Runtime } from '../runtime.js';
import { stateFolder } from './paths.js';
import { notFound } from './state-store.js';

/** How long a command that holds the lock may go on after the container under it was killed, in ms. */
const PATIENCE = 10_000;

/** A held lock: flock(2) on the state folder. The kernel drops it when the process ends, in whatever way. */
export interface Lock {
  /** The folder that is locked, whatever its name leads to by now. */
  readonly folder: Pick<FileStat, 'dev' | 'ino'>;
  /** Lets others have it, for as long as the container runs. The folder stays open, so that its inode goes to no other. */
  unlock(): void;
  /** Waits for it again. @returns false when the container was removed meanwhile, and maybe its id taken by another. */
  relock(): boolean;
  /** For good. */
  release(): void;
}

/**
 * Serialises the commands on one container. `shared` locks stand beside each other (exec), none beside an exclusive one.
 * @returns null when `wait` is false and another command holds it.
 * @throws TsruncError 'not-found' when the folder is missing, or was removed by the command that was waited for.
 */
export function lockContainer(rt: Runtime, id: string, { wait = true, shared = false } = {}): Lock | null {
  const { native } = rt;
  for (;;) {
    const fd = openFolder(rt, id);
    try {
      const kind = shared ? LOCK_SH : LOCK_EX;
      const lock = native.flock(fd, kind | (wait ? 0 : LOCK_NB)) ? heldLock(rt, id, fd, kind) : null;
      // Whoever had the lock before may have removed the folder, and another one made it anew.
      if (lock === null || isNamed(rt, id, lock.folder)) {
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
 * Locks the folder that the caller has made, exclusively.
 * @throws TsruncError 'system'; then it is not locked.
 */
export function lockNewFolder(rt: Runtime, id: string): Lock {
  const fd = openFolder(rt, id);
  try {
    // Others may hold it for a moment, to find that there is no state yet.
    rt.native.flock(fd, LOCK_EX);
    return heldLock(rt, id, fd, LOCK_EX);
  } catch (error) {
    rt.native.close(fd);
    throw error;
  }
}

function openFolder(rt: Runtime, id: string): number {
  try {
    return rt.native.open(stateFolder(rt, id), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
  } catch (error) {
    if (isErrno(error, ENOENT, ENOTDIR)) throw notFound(id);
    throw error;
  }
}

function isNamed(rt: Runtime, id: string, folder: Lock['folder']): boolean {
  const named = rt.native.stat(stateFolder(rt, id), false);
  return named !== null && named.ino === folder.ino && named.dev === folder.dev;
}

function heldLock(rt: Runtime, id: string, fd: number, kind: number): Lock {
  const { native } = rt;
  const folder = native.fstat(fd);
  let open = true;
  return {
    folder,
    unlock: () => {
      native.flock(fd, LOCK_UN);
    },
    relock() {
      native.flock(fd, kind);
      return isNamed(rt, id, folder);
    },
    release() {
      if (open) native.close(fd);
      open = false;
    },
  };
}

/** The exclusive lock, waited for. */
export function lockExclusive(rt: Runtime, id: string): Lock {
  return lockContainer(rt, id) as Lock;
}

/**
 * True when a command holds the lock exclusively.
 * @param shared or not exclusively, as exec does
 */
export function isLocked(rt: Runtime, id: string, { shared = false } = {}): boolean {
  const lock = lockContainer(rt, id, { wait: false, shared: !shared });
  lock?.release();
  return lock === null;
}

/**
 * For `delete --force`: waits for the command that holds the lock, whose container was killed already; one that doesn't
 * end by itself (it hangs in a hook) is killed.
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
        rt.native.pidfdSignal(pidfd, SIGKILL);
        rt.native.poll([pidfd], [POLLIN], PATIENCE);
      }
    } finally {
      rt.native.close(pidfd);
    }
  }
}

/**
 * A process that was killed in clone3 leaves one behind that has its descriptors until it executes init, the lock among them. That ends by
 * itself, or is held up by somebody; nobody needs it any more.
 * @returns false when there is none that could be found
 */
function endHeirs(rt: Runtime, id: string, holder: number): boolean {
  const { native } = rt;
  pause(native, 1);
  if (lockHolder(rt, id) !== holder) return true;
  let found = false;
  const folder = native.stat(stateFolder(rt, id), false);
  for (const pid of native.readDir('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === native.identity()[4] || !hasOpen(native, pid, folder)) continue;
    found = true;
    rt.warn(new TsruncError('state', `process ${pid} has inherited the lock of container ${id}: it is killed`));
    try {
      const pidfd = native.pidfdOpen(Number(pid));
      try {
        native.pidfdSignal(pidfd, SIGKILL);
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

/** Whether a process has a file open that it has locked, or that was locked by whom it has it from: proc_pid_fdinfo(5), `lock`. */
function hasOpen(native: Native, pid: string, file: FileStat | null): boolean {
  try {
    return native.readDir(`/proc/${pid}/fd`).some((fd) => {
      const stat = native.stat(`/proc/${pid}/fd/${fd}`, true);
      if (file === null || stat?.ino !== file.ino || stat.dev !== file.dev) return false;
      return native.readFile(`/proc/${pid}/fdinfo/${fd}`, 1 << 16).includes('FLOCK');
    });
  } catch (error) {
    // Gone meanwhile, or another user's.
    if (isErrno(error, ENOENT, ESRCH, EACCES, EPERM)) return false;
    throw error;
  }
}

/**
 * Pid of the process that holds the lock, from /proc/locks; null when it can't be told (another pid namespace).
 * A line there: `1: FLOCK  ADVISORY  WRITE 1234 00:1b:5678 0 EOF`, device numbers in hexadecimal.
 */
function lockHolder(rt: Runtime, id: string): number | null {
  const stat = rt.native.stat(stateFolder(rt, id), false);
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

/** `MAJOR:MINOR:INODE` of /proc/locks against st_dev (the encoding of makedev(3)). */
function sameDevice(place: string, dev: number): boolean {
  const [major = '', minor = ''] = place.split(':');
  const device = BigInt(dev);
  const theirMajor = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const theirMinor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return BigInt(`0x${major}`) === theirMajor && BigInt(`0x${minor}`) === theirMinor;
}
