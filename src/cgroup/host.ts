/** Finds out which cgroup hierarchies this host has, from /proc/self/cgroup and /proc/self/mountinfo. */
import { TsruncError } from '../base/error.js';
import { unescapePath } from '../base/mountinfo.js';
import { CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC } from '../native/flags.js';
import type { Native } from '../native/native.js';
import type { CgroupController, CgroupHost } from './plan/cgroup-host.js';
import { ownDirectory, parentDirectory } from './plan/path.js';
import { wordsOf } from './stat-file.js';

/** Where cgroups are usually mounted. */
const USUAL = '/sys/fs/cgroup';
/** /proc/self/mountinfo of a host with a thousand containers is about 2 MB. */
const MOUNTINFO_LIMIT = 64 << 20;

interface CgroupMount {
  mountPoint: string;
  root: string;
  type: 'cgroup' | 'cgroup2';
  /** Options of the superblock; those of a v1 hierarchy name its controllers. */
  options: string[];
}

/**
 * The hierarchies that are mounted here.
 * @param rootless also find out in which of them the runtime may make cgroups, and list only the v2 controllers that were
 * delegated to it
 * @throws TsruncError 'system' when /proc can't be read
 */
export function cgroupHost(native: Native, rootless = false): CgroupHost {
  const hierarchies = parseHierarchies(native.readFile('/proc/self/cgroup', 1 << 20));
  const places =
    usualPlaces(native, hierarchies) ?? placesIn(native.readFile('/proc/self/mountinfo', MOUNTINFO_LIMIT), hierarchies);
  return hostFrom(native, hierarchies, places, rootless);
}

/** Where each hierarchy is mounted, in the order of the hierarchies; undefined for one that isn't mounted. */
type Places = (Pick<CgroupMount, 'mountPoint' | 'root'> | undefined)[];

/**
 * The mounts of a host that has them where systemd puts them: v2 at /sys/fs/cgroup, or below it each v1 hierarchy under
 * its name and perhaps v2 as `unified`. Our own cgroups must be visible there by their paths in /proc/self/cgroup. This
 * saves reading mountinfo, which grows with the number of containers.
 * @returns undefined for any other host: mountinfo has to be read
 */
function usualPlaces(native: Native, hierarchies: readonly Hierarchy[]): Places | undefined {
  const v2 = hierarchies.find(({ controllers }) => controllers === '');
  if (v2 !== undefined && isMountedAt(native, USUAL, v2))
    return hierarchies.map((hierarchy) => (hierarchy === v2 ? { mountPoint: USUAL, root: '/' } : undefined));
  const places: Places = [];
  let count = 0;
  for (const hierarchy of hierarchies) {
    const { controllers } = hierarchy;
    const name = controllers.startsWith('name=') ? controllers.slice('name='.length) : controllers;
    const mountPoint = `${USUAL}/${name || 'unified'}`;
    if (hierarchy === v2 && native.stat(mountPoint, true) === null) places.push(undefined);
    else if (!isMountedAt(native, mountPoint, hierarchy)) return undefined;
    else count = places.push({ mountPoint, root: '/' });
  }
  return count > 0 ? places : undefined;
}

function isMountedAt(native: Native, mountPoint: string, { controllers, path }: Hierarchy): boolean {
  if (!fsTypeIs(native, mountPoint, controllers === '' ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC)) return false;
  return path === '/' || native.stat(mountPoint + path, true) !== null;
}

function placesIn(mountinfo: string, hierarchies: readonly Hierarchy[]): Places {
  const mounts = parseCgroupMounts(mountinfo);
  const v2 = mounts.find(({ type }) => type === 'cgroup2');
  return hierarchies.map(({ controllers }) => {
    if (controllers === '') return v2;
    const [first = ''] = controllers.split(',');
    return mounts.find(({ type, options }) => type === 'cgroup' && options.includes(first));
  });
}

function fsTypeIs(native: Native, path: string, type: number): boolean {
  try {
    return native.fsType(path) === type;
  } catch (error) {
    if (error instanceof TsruncError) return false;
    throw error;
  }
}

function hostFrom(native: Native, hierarchies: readonly Hierarchy[], places: Places, rootless: boolean): CgroupHost {
  const controllers: CgroupController[] = [];
  let unified: NonNullable<CgroupHost['unified']> | undefined;
  for (let i = 0; i < hierarchies.length; i++) {
    const { controllers: names, path: self } = hierarchies[i]!;
    const place = places[i];
    if (place === undefined) continue;
    const { mountPoint, root } = place;
    if (names === '') {
      unified = { mountPoint, root, self, controllers: [] };
      continue;
    }
    const writable = rootless ? mayWrite(native, ownDirectory({ mountPoint, root, self })) : undefined;
    for (const name of names.includes(',') ? names.split(',') : [names])
      controllers.push(
        writable === undefined ? { name, mountPoint, root, self } : { name, mountPoint, root, self, writable },
      );
  }
  if (unified === undefined) return { mode: controllers.length > 0 ? 'legacy' : 'none', controllers };
  const mode = controllers.length > 0 ? 'hybrid' : 'unified';
  const base = mode === 'unified' ? parentDirectory(unified) : ownDirectory(unified);
  const listed = native.readFileIfExists(`${rootless ? base : unified.mountPoint}/cgroup.controllers`, 4096) ?? '';
  unified.controllers = wordsOf(listed);
  if (rootless) unified.writable = mayWrite(native, base);
  return { mode, controllers, unified };
}

/**
 * True when owner and mode let us make cgroups in `directory`. A delegated cgroup allows that: systemd gives the user the
 * directory, cgroup.procs and cgroup.subtree_control. For root being the owner is enough, as file modes don't stop it:
 * the topmost directories of v1 have mode 0555.
 */
function mayWrite(native: Native, directory: string): boolean {
  const stat = native.stat(directory, true);
  const procs = native.stat(`${directory}/cgroup.procs`, true);
  const [, uid, , gid] = native.identity();
  const may = (file: { mode: number; uid: number; gid: number } | null) =>
    file !== null &&
    ((file.uid === uid && (uid === 0 || (file.mode & 0o200) !== 0)) || (file.gid === gid && (file.mode & 0o020) !== 0));
  return may(stat) && may(procs);
}

/** One of our own cgroups: the controllers of its hierarchy, separated by commas ('' for v2), and its path there. */
interface Hierarchy {
  controllers: string;
  path: string;
}

/** Parses /proc/PID/cgroup: lines `ID:CONTROLLERS:PATH` (cgroups(7)). */
function parseHierarchies(text: string): Hierarchy[] {
  const found: Hierarchy[] = [];
  for (const line of text.split('\n')) {
    const first = line.indexOf(':');
    const second = line.indexOf(':', first + 1);
    if (first >= 0 && second >= 0)
      found.push({ controllers: line.slice(first + 1, second), path: line.slice(second + 1) });
  }
  return found;
}

function ownCgroups(hierarchies: readonly Hierarchy[]): Map<string, string> {
  const own = new Map<string, string>();
  for (const { controllers, path } of hierarchies) for (const name of controllers.split(',')) own.set(name, path);
  return own;
}

/**
 * The paths of a process's cgroups, by controller ('' for v2).
 * @param text contents of /proc/PID/cgroup
 */
export function parseOwnCgroups(text: string): Map<string, string> {
  return ownCgroups(parseHierarchies(text));
}

interface MountLine {
  id: string;
  parent: string;
  root: string;
  mountPoint: string;
  line: string;
}

/**
 * The cgroup mounts that can be reached: first those at /sys/fs/cgroup, then the others, each in the order of mountinfo.
 * Mounts hidden by another mount at or above their mount point are left out.
 * @param text contents of /proc/self/mountinfo (proc_pid_mountinfo(5))
 */
export function parseCgroupMounts(text: string): CgroupMount[] {
  const all = new Map<string, MountLine>();
  const found: MountLine[] = [];
  for (const line of text.split('\n')) {
    const fields = line.split(' ', 5);
    if (fields.length < 5) continue;
    const [id, parent, , root, mountPoint] = fields as [string, string, string, string, string];
    const entry = { id, parent, root, mountPoint, line };
    all.set(id, entry);
    if (line.includes(' - cgroup')) found.push(entry);
  }
  const visible = found.filter((mount) => !isHidden(mount, all));
  const mounts = visible.map(({ root, mountPoint, line }): CgroupMount => {
    const [type, , options] = line.slice(line.indexOf(' - ') + 3).split(' ');
    return {
      mountPoint: unescapePath(mountPoint),
      root: unescapePath(root),
      type: type === 'cgroup2' ? 'cgroup2' : 'cgroup',
      options: (options ?? '').split(','),
    };
  });
  const usual = (mount: CgroupMount) => mount.mountPoint === USUAL || mount.mountPoint.startsWith(`${USUAL}/`);
  return [...mounts.filter(usual), ...mounts.filter((mount) => !usual(mount))];
}

/**
 * True if the path of the mount doesn't lead to it: another mount stands on one of those that it stands on itself, at its mount point or
 * above, and is met first. One that is itself not on the way, for it is hidden, hides nothing.
 */
function isHidden(mount: MountLine, all: ReadonlyMap<string, MountLine>): boolean {
  // From each mount on the way to the point where the way leaves it.
  const leftAt = new Map<string, string>();
  let left = mount.mountPoint;
  for (let at: MountLine | undefined = mount; at && !leftAt.has(at.id); at = all.get(at.parent)) {
    leftAt.set(at.id, left);
    left = at.mountPoint;
  }
  for (const { id, parent, mountPoint } of all.values()) {
    const left = leftAt.get(parent);
    if (left === undefined || leftAt.has(id)) continue;
    const covers =
      mountPoint === '/' || mountPoint === mount.mountPoint || mount.mountPoint.startsWith(`${mountPoint}/`);
    if (covers && mountPoint.length <= left.length) return true;
  }
  return false;
}
