/** Works out the directories of a container's cgroups from its cgroupsPath (config-linux.md, "Cgroups Path"). */

import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import type { CgroupController } from './cgroup-host.js';

/** A mounted hierarchy, and our own place in it. */
export interface Mounted {
  mountPoint: string;
  /** Which directory of the hierarchy is mounted there (field 4 of mountinfo), usually '/'. */
  root: string;
  /** Path of our own cgroup in the hierarchy. */
  self: string;
}

/** A cgroupsPath that was read. */
export interface CgroupsPath {
  /** True: below the mount point. False: below the base that cgroupDirectory is given. */
  absolute: boolean;
  /** A relative path without empty, `.` or `..` components. */
  path: string;
}

const POINTER = '/linux/cgroupsPath';

/**
 * Reads `cgroupsPath`. One that is left out or empty stands for the container's id, as a relative path.
 * @throws TsruncError 'config' for a path that contains `..`, a newline or NUL, or names the root cgroup
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

/**
 * The container's directory in a mounted hierarchy.
 * @param base the directory that relative paths start from: ownDirectory or parentDirectory
 */
export function cgroupDirectory(path: CgroupsPath, mounted: Mounted, base: string): string {
  return `${path.absolute ? trim(mounted.mountPoint) : base}/${path.path}`;
}

/** The directory of the runtime's own cgroup; the mount point if the mount doesn't contain that cgroup. */
export function ownDirectory({ mountPoint, root, self }: Mounted): string {
  const mount = trim(mountPoint);
  if (root === '/' || root === '') return self === '/' ? mount : trim(mount + self);
  if (self === root || self.startsWith(`${root}/`)) return trim(mount + self.slice(root.length));
  return mount;
}

/**
 * The directory above the runtime's own cgroup. On hosts with only v2, containers are placed beside the runtime and not
 * below it: a cgroup with processes of its own can't enable controllers for those below (cgroup-v2.rst, "No Internal
 * Process Constraint").
 */
export function parentDirectory(mounted: Mounted): string {
  const own = ownDirectory(mounted);
  return own === trim(mounted.mountPoint) ? own : own.slice(0, own.lastIndexOf('/'));
}

/** A v1 hierarchy. Controllers that are mounted together (cpu,cpuacct) share one directory. */
export interface MountedHierarchy {
  mountPoint: string;
  controllers: CgroupController[];
}

/** Groups v1 controllers by their mount point, in the order in which the mount points first occur. */
export function hierarchies(controllers: readonly CgroupController[]): MountedHierarchy[] {
  const mounts: MountedHierarchy[] = [];
  const known: Record<string, MountedHierarchy | undefined> = Object.create(null);
  for (let i = 0; i < controllers.length; i++) {
    const controller = controllers[i]!;
    const { mountPoint } = controller;
    const together = known[mountPoint];
    if (together !== undefined) together.controllers.push(controller);
    else {
      const mount = { mountPoint, controllers: [controller] };
      known[mountPoint] = mount;
      mounts.push(mount);
    }
  }
  return mounts;
}

/** The v1 directories of CgroupPlan.paths by controller: a key of it may name several. */
export function byController(paths: Readonly<Record<string, string>>): Record<string, string> {
  const v1: Record<string, string> = {};
  for (const key in paths) for (const name of key.split(',')) if (name) v1[name] = paths[key]!;
  return v1;
}

/** The key of a v1 hierarchy in CgroupPlan.paths: its controllers, separated by commas. */
export function controllersKey({ mountPoint, controllers }: MountedHierarchy): string {
  const [first] = controllers;
  if (controllers.length === 1 && first !== undefined) return first.name || mountPoint;
  return controllers.map(({ name }) => name).join(',') || mountPoint;
}

function trim(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

/**
 * The file that a process writes 0 to in order to enter a cgroup. In v1 that is `tasks`, the file for single threads,
 * because the kernel needs no global lock for it.
 * @param key of the hierarchy in CgroupPlan.paths
 */
export function joinFile(key: string, directory: string): string {
  return `${directory}/${key === '' ? 'cgroup.procs' : 'tasks'}`;
}
