/** What somebody may do with files of the host, by their owner and mode. */
import { mountLines } from '../../base/mountinfo.js';
import { isAtOrBelow } from '../../base/path.js';
import { hostId } from '../../config/id-mappings.js';
import type { FileStat, Native } from '../../native/native.js';
import type { ContainerPlan } from '../../plan/plan.js';

export const EXECUTE = 1;
export const WRITE = 2;

/** Who wants to use a file: ids of the host, and what file modes don't stop. */
export interface Identity {
  readonly uid: number;
  readonly gids: readonly number[];
  /** True for a file whose mode doesn't stop it (CAP_DAC_OVERRIDE over its owner). */
  overrides(file: FileStat): boolean;
}

/** The runtime itself. */
export function runtimeIdentity(native: Native): Identity {
  const [, uid = 0, , gid = 0] = native.identity();
  const groups = /^Groups:\s*(.*)$/m.exec(native.readFileIfExists('/proc/self/status', 1 << 16) ?? '')?.[1] ?? '';
  const gids = [gid, ...groups.split(/\s+/).filter(Boolean).map(Number)];
  return { uid, gids, overrides: () => uid === 0 };
}

/** Root of the container, as which init mounts: the runtime itself where there is no new user namespace. */
export function containerRoot(native: Native, { idMaps }: ContainerPlan): Identity {
  const own = runtimeIdentity(native);
  if (idMaps === undefined) return own;
  const isMapped = (maps: typeof idMaps.uid, id: number) =>
    maps.some(({ hostID, size }) => id >= hostID && id - hostID < size);
  return {
    uid: hostId(idMaps.uid, 0) ?? own.uid,
    gids: [hostId(idMaps.gid, 0) ?? -1, ...(own.uid === 0 ? [] : own.gids)],
    overrides: ({ uid, gid }) => isMapped(idMaps.uid, uid) && isMapped(idMaps.gid, gid),
  };
}

/**
 * Whether owner and mode of a file give these rights (EXECUTE, WRITE). Access lists and security modules aren't looked at.
 */
export function may(who: Identity, file: FileStat, rights: number): boolean {
  const executable = (file.mode & 0o111) !== 0 || (file.mode & 0o170000) === 0o040000;
  if (who.overrides(file)) return (rights & EXECUTE) === 0 || executable;
  const shift = file.uid === who.uid ? 6 : who.gids.includes(file.gid) ? 3 : 0;
  return ((file.mode >> shift) & rights) === rights;
}

/** Whether the mount that a path of the host is on is read-only (proc_pid_mountinfo(5)). The path must have no symlinks. */
export function isReadonlyMount(native: Native, path: string): boolean {
  let best = '';
  let readonly = false;
  for (const { point, options, superOptions } of mountLines(native.readFile('/proc/self/mountinfo', 64 << 20))) {
    if (point.length < best.length || !isAtOrBelow(path, point)) continue;
    best = point;
    readonly = options.includes('ro') || superOptions.includes('ro');
  }
  return readonly;
}
