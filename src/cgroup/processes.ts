/** The processes of a container: all in its cgroup and in the cgroups that were made below it. */
import { ENODEV, ENOENT, EOPNOTSUPP } from '../base/errno.js';
import { isErrno } from '../base/error.js';
import { S_IFDIR, S_IFMT } from '../native/flags.js';
import type { Native } from '../native/native.js';

/** For a folder below a container's: whether that cgroup is another container's (OwnCgroups.isForeign). */
export type IsForeign = (folder: string) => boolean;

export const nobody: IsForeign = () => false;

/** Room for about two million pids. */
const LIMIT = 16 << 20;

/**
 * Pids of all processes of a container, as our pid namespace sees them, ascending. A cgroup that is gone has none.
 *
 * A process is in every hierarchy, and usually below the container's folder in each; but whoever may write to one hierarchy
 * can move a process in or out there alone, and a folder with a process in it can't be removed.
 * @param paths the container's folders (CgroupPlan.paths)
 * @param isForeign cgroups below that are left out
 * @throws TsruncError 'system'
 */
export function cgroupProcesses(
  native: Native,
  paths: Readonly<Record<string, string>>,
  isForeign: IsForeign = nobody,
): number[] {
  const pids = new Set<number>();
  for (const key in paths) collect(native, paths[key]!, key === '', pids, isForeign);
  return [...pids].sort((a, b) => a - b);
}

function collect(native: Native, folder: string, v2: boolean, pids: Set<number>, isForeign: IsForeign): void {
  for (const pid of folderProcesses(native, folder)) pids.add(pid);
  for (const child of subCgroups(native, folder, v2))
    if (!isForeign(child)) collect(native, child, v2, pids, isForeign);
}

/** Pids in cgroup.procs of this folder alone; 0 stands for processes of other pid namespaces and is left out. */
export const folderProcesses = (native: Native, folder: string): number[] => listed(native, folder).filter(Boolean);

/** How many processes are in the cgroup and those below, those of other pid namespaces, which can't be named, among them. */
export function countProcesses(native: Native, folder: string, v2: boolean): number {
  const below = subCgroups(native, folder, v2).map((child) => countProcesses(native, child, v2));
  return below.reduce((sum, count) => sum + count, listed(native, folder).length);
}

function listed(native: Native, folder: string): number[] {
  try {
    const text = native.readFileIfExists(`${folder}/cgroup.procs`, LIMIT) ?? '';
    return text.split('\n').filter(Boolean).map(Number);
  } catch (error) {
    // ENODEV: removed meanwhile. EOPNOTSUPP: a threaded cgroup; its processes are listed in the domain above it.
    if (isErrno(error, ENODEV, EOPNOTSUPP)) return [];
    throw error;
  }
}

/** Folders of the cgroups directly below. */
export function subCgroups(native: Native, folder: string, v2: boolean): string[] {
  // v2 tells how many there are, the links of a v1 folder do; which spares looking at some forty files.
  if (v2 ? (readStat(native, folder) ?? '').startsWith('nr_descendants 0\n') : native.stat(folder, false)?.links === 2)
    return [];
  let names: string[];
  try {
    names = native.readDir(folder);
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV)) return [];
    throw error;
  }
  // A cgroup may be named like a file of a controller, so names tell nothing.
  return names
    .map((name) => `${folder}/${name}`)
    .filter((path) => ((native.stat(path, false)?.mode ?? 0) & S_IFMT) === S_IFDIR);
}

function readStat(native: Native, folder: string): string | null {
  try {
    return native.readFileIfExists(`${folder}/cgroup.stat`, 4096);
  } catch (error) {
    if (isErrno(error, ENODEV)) return null;
    throw error;
  }
}
