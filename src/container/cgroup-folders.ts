import type { CgroupPlan } from '../cgroup/cgroup-plan.js';
import { EBUSY, ENOENT, ENOTEMPTY } from '../errno.js';
import { isErrno } from '../error.js';
import type { Native } from '../native/native.js';

/** The folders that carrying out a cgroup plan will make, parents first: they are to be removed with the container. */
export function missingCgroupFolders(native: Native, plan: CgroupPlan): string[] {
  const missing: string[] = [];
  for (const operation of plan.operations) {
    if (operation.op !== 'make') continue;
    const chain: string[] = [];
    let path = operation.path;
    while (path !== '' && !missing.includes(path) && native.stat(path, true) === null) {
      chain.unshift(path);
      path = path.slice(0, path.lastIndexOf('/'));
    }
    missing.push(...chain);
  }
  return missing;
}

/** Removes the folders that were made above the container's own, as long as nobody else has come to use them. */
export function removeMadeFolders(native: Native, made: readonly string[]): void {
  for (const path of made.toReversed()) {
    try {
      native.rmdir(path);
    } catch (error) {
      if (!isErrno(error, ENOENT, EBUSY, ENOTEMPTY)) throw error;
    }
  }
}
