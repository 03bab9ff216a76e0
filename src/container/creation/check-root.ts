/** Checks the directory of --root. */
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

/**
 * Pseudo file systems of the kernel: mkdir(2) in them makes a cgroup or a resctrl group, or always fails with
 * ENOENT.
 */
const kernels: ReadonlyMap<number, string> = new Map([
  [PROC_SUPER_MAGIC, 'proc'],
  [SYSFS_MAGIC, 'sysfs'],
  [CGROUP_SUPER_MAGIC, 'cgroup'],
  [CGROUP2_SUPER_MAGIC, 'cgroup2'],
  [RDTGROUP_SUPER_MAGIC, 'resctrl'],
]);

/**
 * Checks, before anything is made in it, that the root, or the directory that it will be made in, can hold files.
 * @throws TsruncError 'usage' if it is in a pseudo file system of the kernel
 */
export function checkRoot({ native, root }: Runtime): void {
  const type = kernels.get(fileSystemOf(native, root));
  if (type === undefined) return;
  throw new TsruncError('usage', `--root ${root} is in a file system of type ${type}, which holds no state`, {
    path: root,
    hint: 'name a directory of a real file system or a tmpfs, e.g. /run/tsrunc',
  });
}

/** The file system type (statfs(2), f_type) of a path, or of the nearest directory above it that exists. */
function fileSystemOf(native: Native, path: string): number {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf('/')) || '/')
    try {
      return native.fsType(at);
    } catch (error) {
      if (at === '/' || !isErrno(error, ENOENT, ENOTDIR)) throw error;
    }
}
