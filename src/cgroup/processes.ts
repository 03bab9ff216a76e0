/** Lists the processes of a container: those in its cgroups and in all cgroups below them. */
import { ENODEV, EOPNOTSUPP } from '../base/errno.js';
import { isErrno } from '../base/error.js';
import type { Native } from '../native/native.js';
import { walkBelow } from './below.js';

/**
 * Takes the directory of a cgroup below a container's; true if it belongs to another container (OwnCgroups.isForeign).
 */
export type IsForeign = (directory: string) => boolean;

/** The IsForeign for a container that has all the cgroups below its own. */
export const nobody: IsForeign = () => false;

/** Room for about two million pids. */
const LIMIT = 16 << 20;

/**
 * Pids of all processes of a container in our pid namespace, ascending. A cgroup that is gone has none.
 *
 * All hierarchies are read: usually each lists the same processes, but whoever may write to one hierarchy can move a
 * process in or out there alone, and a cgroup can't be removed while any process is in it.
 * @param paths the container's directories (CgroupPlan.paths)
 * @param isForeign true for cgroups below that are left out
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

function collect(native: Native, directory: string, v2: boolean, pids: Set<number>, isForeign: IsForeign): void {
  const add = (one: string): void => {
    for (const pid of directoryProcesses(native, one)) pids.add(pid);
  };
  add(directory);
  walkBelow(native, directory, v2, {
    enter(child) {
      if (isForeign(child)) return false;
      add(child);
      return true;
    },
  });
}

/**
 * Pids in cgroup.procs of this directory alone. Processes outside our pid namespace are left out: the kernel lists them
 * as 0. Empty for a cgroup that is gone.
 */
export const directoryProcesses = (native: Native, directory: string): number[] =>
  listed(native, directory).filter(Boolean);

/** The number of processes in a cgroup and those below it, including processes outside our pid namespace. */
export function countProcesses(native: Native, directory: string, v2: boolean): number {
  let count = listed(native, directory).length;
  walkBelow(native, directory, v2, {
    enter(child) {
      count += listed(native, child).length;
      return true;
    },
  });
  return count;
}

function listed(native: Native, directory: string): number[] {
  try {
    const text = native.readFileIfExists(`${directory}/cgroup.procs`, LIMIT) ?? '';
    return text.split('\n').filter(Boolean).map(Number);
  } catch (error) {
    // ENODEV: removed meanwhile. EOPNOTSUPP: a threaded cgroup, whose processes are listed in the domain cgroup above it.
    if (isErrno(error, ENODEV, EOPNOTSUPP)) return [];
    throw error;
  }
}
