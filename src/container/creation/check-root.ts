import { ENOENT, ENOTDIR } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import {
  CGROUP_SUPER_MAGIC,
  CGROUP2_SUPER_MAGIC,
  PROC_SUPER_MAGIC,
  RDTGROUP_SUPER_MAGIC,
  SYSFS_MAGIC,
} from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import type { Runtime } from '../runtime.js';

/** File systems of the kernel's own, where a folder is no folder: making one makes a cgroup, or fails for ever with ENOENT. */
const kernels: ReadonlyMap<number, string> = new Map([
  [PROC_SUPER_MAGIC, 'proc'],
  [SYSFS_MAGIC, 'sysfs'],
  [CGROUP_SUPER_MAGIC, 'cgroup'],
  [CGROUP2_SUPER_MAGIC, 'cgroup2'],
  [RDTGROUP_SUPER_MAGIC, 'resctrl'],
]);

/**
 * Before anything is made in it: the root, or the folder that it will be made in, must be able to hold files.
 * @throws TsruncError 'usage' for one that is in a file system of the kernel's own.
 */
export function checkRoot({ native, root }: Runtime): void {
  const type = kernels.get(fileSystemOf(native, root));
  if (type === undefined) return;
  throw new TsruncError('usage', `--root ${root} is in a file system of type ${type}, which holds no state`, {
    path: root,
    hint: 'name a folder of a real file system or a tmpfs, e.g. /run/tsrunc',
  });
}

/** The type of the file system that the nearest folder is in that is there. */
function fileSystemOf(native: Native, path: string): number {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf('/')) || '/')
    try {
      return native.fsType(at);
    } catch (error) {
      if (at === '/' || !isErrno(error, ENOENT, ENOTDIR)) throw error;
    }
}
