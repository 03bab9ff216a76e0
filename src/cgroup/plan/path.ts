/** Where a container's cgroup goes (config-linux.md, "Cgroups Path"). */

import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import type { CgroupController } from './cgroup-host.js';

/** A place in a hierarchy that is mounted here. */
export interface Mounted {
  mountPoint: string;
  /** What of the hierarchy the mount shows. */
  root: string;
  /** Our own cgroup. */
  self: string;
}

export interface CgroupsPath {
  /** Below the mount point; else below the runtime's own cgroup. */
  absolute: boolean;
  /** Clean and relative: no leading slash, no empty, `.` or `..` component. */
  path: string;
}

const POINTER = '/linux/cgroupsPath';

/**
 * Reads `cgroupsPath`: left out it is the container's id, relative.
 * @throws TsruncError 'config' for a path that leaves its place (`..`), names no cgroup of its own, or holds a newline
 */
export function parseCgroupsPath(cgroupsPath: string | undefined, id: string): CgroupsPath {
  if (!cgroupsPath) return { absolute: false, path: id };
  const parts = cgroupsPath.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..'))
    throw new TsruncError('config', 'a cgroupsPath may not hold ".."', {
      pointer: POINTER,
      hint: 'write the path out',
    });
  if (parts.length === 0)
    throw new TsruncError('config', `${quote(cgroupsPath)} is not a cgroup a container can have of its own`, {
      pointer: POINTER,
      hint: 'name a cgroup below it, or leave cgroupsPath out',
    });
  if (/[\n\0]/.test(cgroupsPath))
    throw new TsruncError('config', 'a cgroup name may not hold a newline or NUL', { pointer: POINTER });
  return { absolute: cgroupsPath.startsWith('/'), path: parts.join('/') };
}

/** The container's folder below a mount. `base` is what relative paths start from: see ownFolder and parentFolder. */
export function cgroupFolder(path: CgroupsPath, mounted: Mounted, base: string): string {
  return `${path.absolute ? trim(mounted.mountPoint) : base}/${path.path}`;
}

/** The folder of the runtime's own cgroup; the mount point where the mount doesn't show it. */
export function ownFolder({ mountPoint, root, self }: Mounted): string {
  const mount = trim(mountPoint);
  if (root === '/' || root === '') return trim(mount + self);
  if (self === root || self.startsWith(`${root}/`)) return trim(mount + self.slice(root.length));
  return mount;
}

/**
 * The folder above the runtime's own cgroup. On pure v2 containers go beside the runtime and not below it: a cgroup with
 * processes of its own can't enable controllers for cgroups below it (cgroup-v2.rst, "No Internal Process Constraint").
 */
export function parentFolder(mounted: Mounted): string {
  const own = ownFolder(mounted);
  return own === trim(mounted.mountPoint) ? own : own.slice(0, own.lastIndexOf('/'));
}

/** The v1 controllers by mount point: those that are mounted together (cpu,cpuacct) share one folder. */
export function byMount(controllers: readonly CgroupController[]): Map<string, CgroupController[]> {
  const mounts = new Map<string, CgroupController[]>();
  for (const controller of controllers) {
    const together = mounts.get(controller.mountPoint);
    if (together) together.push(controller);
    else mounts.set(controller.mountPoint, [controller]);
  }
  return mounts;
}

function trim(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

/** What a process writes 0 to in order to enter a cgroup: of v1 the file for single threads, which needs no global lock. */
export function joinFile(key: string, folder: string): string {
  return `${folder}/${key === '' ? 'cgroup.procs' : 'tasks'}`;
}
