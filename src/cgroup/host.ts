/** What cgroups this host has, from /proc/self/cgroup and /proc/self/mountinfo. */
import { TsruncError } from '../base/error.js';
import { unescapePath } from '../base/mountinfo.js';
import { CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC } from '../native/flags.js';
import type { Native } from '../native/native.js';
import type { CgroupController, CgroupHost } from './plan/cgroup-host.js';
import { ownFolder, parentFolder } from './plan/path.js';
import { wordsOf } from './stat-file.js';

const USUAL = '/sys/fs/cgroup';
/** /proc/self/mountinfo of a host with a thousand containers is about 2 MB. */
const MOUNTINFO_LIMIT = 64 << 20;

interface CgroupMount {
  mountPoint: string;
  root: string;
  type: 'cgroup' | 'cgroup2';
  /** Options of the superblock: of a v1 hierarchy they hold its controllers. */
  options: string[];
}

/**
 * The hierarchies that are mounted here. With rootless set, also which of them the runtime may make cgroups in, and the
 * v2 controllers that were handed down to it.
 * @throws TsruncError 'system' when /proc can't be read
 */
export function cgroupHost(native: Native, rootless = false): CgroupHost {
  const hierarchies = parseHierarchies(native.readFile('/proc/self/cgroup', 1 << 20));
  const mounts =
    usualMounts(native, hierarchies) ?? parseCgroupMounts(native.readFile('/proc/self/mountinfo', MOUNTINFO_LIMIT));
  return hostFrom(native, ownCgroups(hierarchies), mounts, rootless);
}

/**
 * Spares reading mountinfo, which grows with the containers, where everything is mounted as systemd does it and shows our own
 * cgroups by their paths in /proc/self/cgroup: v2 at /sys/fs/cgroup, or there the v1 hierarchies by their names and, maybe, v2
 * as `unified`. Undefined elsewhere.
 */
function usualMounts(native: Native, hierarchies: readonly Hierarchy[]): CgroupMount[] | undefined {
  const v2 = hierarchies.find(({ controllers }) => controllers === '');
  const pure = v2 && mountAt(native, USUAL, 'cgroup2', v2);
  if (pure) return [pure];
  const mounts: CgroupMount[] = [];
  for (const hierarchy of hierarchies) {
    const folder = `${USUAL}/${hierarchy.controllers.replace(/^name=/, '') || 'unified'}`;
    if (hierarchy === v2 && native.stat(folder, true) === null) continue;
    const mount = mountAt(native, folder, hierarchy === v2 ? 'cgroup2' : 'cgroup', hierarchy);
    if (!mount) return undefined;
    mounts.push(mount);
  }
  return mounts.length > 0 ? mounts : undefined;
}

function mountAt(
  native: Native,
  mountPoint: string,
  type: CgroupMount['type'],
  { controllers, path }: Hierarchy,
): CgroupMount | undefined {
  if (!fsTypeIs(native, mountPoint, type === 'cgroup2' ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC)) return undefined;
  if (path !== '/' && native.stat(mountPoint + path, true) === null) return undefined;
  return { mountPoint, root: '/', type, options: controllers.split(',') };
}

function fsTypeIs(native: Native, path: string, type: number): boolean {
  try {
    return native.fsType(path) === type;
  } catch (error) {
    if (error instanceof TsruncError) return false;
    throw error;
  }
}

function hostFrom(
  native: Native,
  own: Map<string, string>,
  mounts: readonly CgroupMount[],
  rootless: boolean,
): CgroupHost {
  const controllers: CgroupController[] = [];
  for (const [name, self] of own) {
    if (name === '') continue;
    const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(name));
    if (!mount) continue;
    const controller: CgroupController = { name, mountPoint: mount.mountPoint, root: mount.root, self };
    if (rootless) controller.writable = mayWrite(native, ownFolder(controller));
    controllers.push(controller);
  }
  const v2 = mounts.find(({ type }) => type === 'cgroup2');
  const self = own.get('');
  if (!v2 || self === undefined) return { mode: controllers.length ? 'legacy' : 'none', controllers };
  const mode = controllers.length ? 'hybrid' : 'unified';
  const unified: NonNullable<CgroupHost['unified']> = {
    mountPoint: v2.mountPoint,
    root: v2.root,
    self,
    controllers: [],
  };
  const base = mode === 'unified' ? parentFolder(unified) : ownFolder(unified);
  const listed = native.readFileIfExists(`${rootless ? base : v2.mountPoint}/cgroup.controllers`, 4096) ?? '';
  unified.controllers = wordsOf(listed);
  if (rootless) unified.writable = mayWrite(native, base);
  return { mode, controllers, unified };
}

/**
 * By owner and mode: what a delegated cgroup has (systemd gives the user its folder, cgroup.procs and cgroup.subtree_control). Root
 * isn't kept from its own by a mode: the topmost folders of v1 have 0555.
 */
function mayWrite(native: Native, folder: string): boolean {
  const stat = native.stat(folder, true);
  const procs = native.stat(`${folder}/cgroup.procs`, true);
  const [, uid, , gid] = native.identity();
  const may = (file: { mode: number; uid: number; gid: number } | null) =>
    file !== null &&
    ((file.uid === uid && (uid === 0 || (file.mode & 0o200) !== 0)) || (file.gid === gid && (file.mode & 0o020) !== 0));
  return may(stat) && may(procs);
}

/** One of our cgroups: its hierarchy's controllers, with commas between, '' for v2. */
interface Hierarchy {
  controllers: string;
  path: string;
}

/** Lines `ID:CONTROLLERS:PATH` (cgroups(7)). */
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

/** Our cgroups by controller, '' for v2, from /proc/self/cgroup. */
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
 * The cgroup mounts that can be reached, in the order of mountinfo (proc_pid_mountinfo(5)); those that a later mount over
 * them or over a folder above them hides are left out, and the ones at the usual place come first.
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

/** A mount at or above `mount`'s place hides it, unless `mount` stands on it. */
function isHidden(mount: MountLine, all: ReadonlyMap<string, MountLine>): boolean {
  const standsOn = new Set<string>();
  for (let at: MountLine | undefined = mount; at && !standsOn.has(at.id); at = all.get(at.parent)) standsOn.add(at.id);
  for (const { id, mountPoint } of all.values()) {
    const covers =
      mountPoint === '/' || mountPoint === mount.mountPoint || mount.mountPoint.startsWith(`${mountPoint}/`);
    if (covers && !standsOn.has(id)) return true;
  }
  return false;
}
