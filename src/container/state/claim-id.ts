import { EEXIST, ENOENT } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { holderText, placeOf } from '../../cgroup/ownership/holder.js';
import { LOCK_EX, O_DIRECTORY, O_RDONLY, S_ISVTX } from '../../native/flags.js';
import { checkRoot } from '../creation/check-root.js';
import type { Runtime } from '../runtime.js';
import { checkContainerId } from './container-id.js';
import { type Lock, lockNewFolder } from './lock.js';
import { stateFolder } from './paths.js';
import type { StateFile } from './state-schema.js';
import { taken } from './state-store.js';

/**
 * Makes the state folder of a new container, and the root folder where it is missing, and locks it: one step for all others, as the root
 * folder is locked meanwhile. mkdir(2) of the folder is the claim of the id.
 * @returns the lock, held
 * @throws TsruncError 'usage' for an id that is none, or a root that can't be one; 'exists' when it is taken; 'system' otherwise, and then there is no folder.
 */
export function claimId(rt: Runtime, id: string): Lock {
  checkContainerId(id);
  checkRoot(rt);
  return withRootLocked(rt, () => {
    const folder = stateFolder(rt, id);
    try {
      rt.native.mkdir(folder, 0o711);
    } catch (error) {
      if (isErrno(error, EEXIST)) throw taken(id);
      throw error;
    }
    try {
      return lockNewFolder(rt, id);
    } catch (error) {
      rt.native.rmdir(folder);
      throw error;
    }
  });
}

/** The name that the cgroups of a container are marked with: see src/cgroup/ownership/ownership/mark.ts. */
export function holderOf(rt: Runtime, lock: Lock, { id, created }: Pick<StateFile, 'id' | 'created'>): string {
  return holderText({ place: placeOf(lock.folder), created, folder: stateFolder(rt, id) });
}

/**
 * Holds a lock on the root folder: nobody claims an id then, so that a state folder is either one that its maker has locked, or no
 * container that is being made. Not to be waited for with the lock of a container held: whoever claims an id waits for that.
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

/** mkdir -p of the root, 0700. Below $XDG_RUNTIME_DIR it gets the sticky bit: cleaners of that folder leave such files alone. */
function makeRoot(rt: Runtime): void {
  const parts = rt.root.split('/').filter((part) => part !== '');
  let path = '';
  for (const part of parts) {
    path += `/${part}`;
    if (rt.native.stat(path, true) !== null) continue;
    try {
      rt.native.mkdir(path, 0o700);
    } catch (error) {
      if (!isErrno(error, EEXIST)) throw error;
    }
  }
  const runtimeFolder = rt.env.XDG_RUNTIME_DIR;
  if (runtimeFolder && rt.root.startsWith(`${runtimeFolder}/`)) rt.native.chmod(rt.root, S_ISVTX | 0o700);
}
