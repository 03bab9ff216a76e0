/** Removes a container's cgroups, waiting for the last processes to leave them. */
import { EBUSY, ENODEV, ENOENT, ENOTEMPTY, ESRCH } from '../base/errno.js';
import { isErrno, TsruncError, withFields } from '../base/error.js';
import { now, pause } from '../native/clock.js';
import { O_RDONLY, POLLIN, POLLPRI } from '../native/flags.js';
import type { Native } from '../native/native.js';
import { subCgroups, walkBelow } from './below.js';
import { directoryProcesses, type IsForeign, nobody } from './processes.js';

/** How long to wait for killed processes to leave their cgroup. */
const TIMEOUT_MS = 10_000;
/**
 * The same when all processes of the container are known to be dead: the kernel removes them from the cgroup one by
 * one. A process of someone else isn't worth a longer wait.
 */
const STRANGERS_MS = 2_000;

/** What destroyCgroup may do and must leave. */
export interface DestroyOptions {
  /**
   * Called once with those of `paths` that couldn't be removed at the first try and so may hold processes; it is to
   * kill them. Left out: the container's processes are dead, and any live one belongs to someone else.
   */
  kill?: (left: Record<string, string>) => void;
  /** True for a cgroup below one of `paths` that belongs to another container, and therefore stays. */
  isForeign?: IsForeign;
}

/**
 * Removes the container's cgroups and the cgroups below them, then the directories above that were made for it, unless
 * they hold other cgroups. The processes must be dead or dying. A directory that is gone already is no error.
 * @param paths the container's directories (CgroupPlan.paths)
 * @param made what applyCgroup returned: only these are removed, other directories of `paths` existed before and stay.
 * Left out: all of `paths` are removed.
 * @returns those of `paths` that stay because other containers have cgroups below them
 * @throws TsruncError 'system' with EBUSY, naming the pids that are still in a cgroup after the timeout
 */
export function destroyCgroup(
  native: Native,
  paths: Readonly<Record<string, string>>,
  made?: readonly string[],
  { kill, isForeign = nobody }: DestroyOptions = {},
): string[] {
  const own = new Set(made ?? Object.values(paths));
  const left = Object.keys(paths).filter((key) => own.has(paths[key]!));
  const staying: string[] = [];
  while (left.length > 0 && isGone(native, paths[left[0]!]!)) left.shift();
  if (left.length > 0) {
    // Leave out those that are gone: another container may have made them again by now.
    kill?.(Object.fromEntries(left.map((key) => [key, paths[key]!])));
    const end = now(native) + (kill === undefined ? STRANGERS_MS : TIMEOUT_MS);
    for (const key of left)
      if (!removeCgroup(native, paths[key]!, key === '', end, isForeign)) staying.push(paths[key]!);
  }
  if (!made) return staying;
  const directories = new Set(Object.values(paths));
  for (let i = made.length - 1; i >= 0; i--) if (!directories.has(made[i]!)) tryRmdir(native, made[i]!);
  return staying;
}

/**
 * Removes a cgroup and those below it, depth first. The cgroup itself is tried before its contents are read, because
 * there are hardly ever cgroups below.
 * @returns false when it stays because of another container's cgroup below
 */
function removeCgroup(native: Native, directory: string, v2: boolean, end: number, isForeign: IsForeign): boolean {
  while (!tryRmdir(native, directory)) {
    const stays = removeBelow(native, directory, v2, end, isForeign);
    if (tryRmdir(native, directory)) return true;
    if (stays && directoryProcesses(native, directory).length === 0) return false;
    waitEmptier(native, directory, v2 && !stays, end);
  }
  return true;
}

/** Removes the cgroups below one. Returns true when some stay because another container's is among them. */
function removeBelow(native: Native, directory: string, v2: boolean, end: number, isForeign: IsForeign): boolean {
  // For `directory`, and each cgroup that was entered and not left: whether another container has one below it.
  const stays = [false];
  walkBelow(native, directory, v2, {
    enter(child) {
      if (isForeign(child)) stays[stays.length - 1] = true;
      else if (!tryRmdir(native, child)) return stays.push(false) > 0;
      return false;
    },
    leave(child) {
      const foreign = stays.pop() ?? false;
      while (!tryRmdir(native, child)) {
        if (foreign && directoryProcesses(native, child).length === 0) {
          stays[stays.length - 1] = true;
          return;
        }
        // One that was made meanwhile: the caller looks again.
        if (subCgroups(native, child, v2).length > 0 && !foreign) return;
        waitEmptier(native, child, v2 && !foreign, end);
      }
    },
  });
  return stays[0] ?? false;
}

/**
 * Waits until a cgroup has fewer processes.
 * @throws TsruncError 'system' with EBUSY after the end
 */
function waitEmptier(native: Native, directory: string, hasEvents: boolean, end: number): void {
  const left = end - now(native);
  if (left <= 0) throw stillBusy(native, directory);
  if (hasEvents) waitUnpopulated(native, directory, left);
  else waitExits(native, directory, left);
}

/** Tries to remove a cgroup. An error only means false here; the later try reports it. */
function isGone(native: Native, directory: string): boolean {
  try {
    return tryRmdir(native, directory);
  } catch (error) {
    if (error instanceof TsruncError) return false;
    throw error;
  }
}

/** True when the cgroup is gone; false when it still holds something. */
function tryRmdir(native: Native, directory: string): boolean {
  try {
    native.rmdir(directory);
    return true;
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV)) return true;
    if (isErrno(error, EBUSY, ENOTEMPTY)) return false;
    if (!(error instanceof TsruncError)) throw error;
    throw withFields(error, { path: directory }, `${directory}: can't remove the cgroup: ${error.message}`);
  }
}

/** v2: waits for the next change of cgroup.events, or a moment if it already says that no process is left. */
function waitUnpopulated(native: Native, directory: string, timeout: number): void {
  let fd: number;
  try {
    fd = native.open(`${directory}/cgroup.events`, O_RDONLY, 0);
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV)) return;
    throw error;
  }
  try {
    const populated = (native.read(fd, 4096) ?? '').includes('populated 1');
    if (populated) native.poll([fd], [POLLPRI], Math.ceil(timeout));
    else pause(native, 1);
  } catch (error) {
    if (!isErrno(error, ENODEV)) throw error;
  } finally {
    native.close(fd);
  }
}

/**
 * v1 has no cgroup.events: waits for one of the processes to exit. From Linux 6.19 on a process leaves its cgroup a
 * moment after its pidfd has become readable, so a dead one is waited for by looking again.
 */
function waitExits(native: Native, directory: string, timeout: number): void {
  const [pid] = directoryProcesses(native, directory);
  if (pid === undefined) {
    pause(native, 1);
    return;
  }
  let pidfd: number;
  try {
    pidfd = native.pidfdOpen(pid);
  } catch (error) {
    if (!isErrno(error, ESRCH)) throw error;
    pause(native, 1);
    return;
  }
  try {
    if (native.poll([pidfd], [POLLIN], 0)[0] !== 0) pause(native, 1);
    else native.poll([pidfd], [POLLIN], Math.ceil(timeout));
  } finally {
    native.close(pidfd);
  }
}

function stillBusy(native: Native, directory: string): TsruncError {
  const pids = directoryProcesses(native, directory);
  const who = pids.length > 0 ? `: pid ${pids.join(', ')}` : '';
  return new TsruncError('system', `${directory}: can't remove the cgroup, processes are still in it${who}`, {
    syscall: 'rmdir',
    errno: EBUSY,
    path: directory,
    hint: 'move or end them, and try again',
  });
}
