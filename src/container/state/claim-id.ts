/** Claims the id of a new container: makes and locks its state directory. */
import { EEXIST, ENOENT } from '../../base/errno.js';
import { isErrno, TsruncError, withFields } from '../../base/error.js';
import { holderText, placeOf } from '../../cgroup/ownership/holder.js';
import { LOCK_EX, O_DIRECTORY, O_RDONLY, S_ISVTX } from '../../native/flags.js';
import { checkRoot } from '../creation/check-root.js';
import type { Runtime } from '../runtime.js';
import { checkContainerId } from './container-id.js';
import { type Lock, lockNewDirectory } from './lock.js';
import { stateDirectory } from './paths.js';
import type { StateFile } from './state-schema.js';
import { taken } from './state-store.js';

/**
 * Makes the state directory of a new container, and the root if it is missing, and locks it. The root is locked
 * meanwhile, so that for other commands this is one step. The mkdir(2) of the directory decides who gets the id.
 * @returns the held lock
 * @throws TsruncError 'usage' for an invalid id or root; 'exists' if the id is taken; 'system' otherwise, and then
 * there is no directory
 */
export function claimId(rt: Runtime, id: string): Lock {
  checkContainerId(id);
  checkRoot(rt);
  return withRootLocked(rt, () => {
    const directory = stateDirectory(rt, id);
    try {
      rt.native.mkdir(directory, 0o711);
    } catch (error) {
      if (isErrno(error, EEXIST)) throw taken(id);
      throw error;
    }
    try {
      return lockNewDirectory(rt, id);
    } catch (error) {
      rt.native.rmdir(directory);
      throw error;
    }
  });
}

/** The text that the cgroups of a container are marked with: see src/cgroup/ownership/mark.ts. */
export function holderOf(rt: Runtime, lock: Lock, { id, created }: Pick<StateFile, 'id' | 'created'>): string {
  return holderText({ place: placeOf(lock.directory), created, directory: stateDirectory(rt, id) });
}

/**
 * Runs `act` with the root directory locked. Nobody can claim an id then, so a state directory that isn't locked is
 * not of a container that is just being made. Must not be called with the lock of a container held: a command that
 * claims an id takes the two locks in the other order.
 */
export function withRootLocked<T>(rt: Runtime, act: () => T): T {
  const { native } = rt;
  const fd = openRoot(rt);
  try {
    native.flock(fd, LOCK_EX);
    return act();
  } finally {
    native.close(fd);
  }
}

function openRoot(rt: Runtime): number {
  try {
    return rt.native.open(rt.root, O_RDONLY | O_DIRECTORY, 0);
  } catch (error) {
    if (!isErrno(error, ENOENT)) throw error;
  }
  makeRoot(rt);
  try {
    return rt.native.open(rt.root, O_RDONLY | O_DIRECTORY, 0);
  } catch (error) {
    if (!isErrno(error, ENOENT)) throw error;
    throw new TsruncError('system', `--root ${rt.root} was removed meanwhile`, { errno: ENOENT });
  }
}

/**
 * Makes the root and the directories above it with mode 0700. Below $XDG_RUNTIME_DIR, or /run/user without it, the root gets the sticky bit,
 * which protects it from periodic cleaning (XDG Base Directory Specification).
 */
function makeRoot(rt: Runtime): void {
  const parts = rt.root.split('/').filter((part) => part !== '');
  let path = '';
  for (const part of parts) {
    path += `/${part}`;
    if (rt.native.stat(path, true) !== null) continue;
    try {
      rt.native.mkdir(path, 0o700);
    } catch (error) {
      if (isErrno(error, EEXIST)) continue;
      if (!(error instanceof TsruncError)) throw error;
      throw withFields(error, { hint: 'name another directory by --root' }, `--root ${rt.root}: ${error.message}`);
    }
  }
  const { XDG_RUNTIME_DIR: runtimeDirectory = '/run/user' } = rt.env;
  if (rt.root.startsWith(`${runtimeDirectory}/`)) rt.native.chmod(rt.root, S_ISVTX | 0o700);
}
