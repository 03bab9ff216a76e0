/** Removing a container's cgroups. */
import { EBUSY, ENODEV, ENOENT, ENOTEMPTY, ESRCH } from '../base/errno.js';
import { isErrno, TsruncError, withFields } from '../base/error.js';
import { now, pause } from '../native/clock.js';
import { O_RDONLY, POLLIN, POLLPRI } from '../native/flags.js';
import type { Native } from '../native/native.js';
import { folderProcesses, type IsForeign, nobody, subCgroups } from './processes.js';

/** How long dead processes may take to leave their cgroup. */
const TIMEOUT_MS = 10_000;
/** The same, where all of the container are known to be dead: the kernel lets go of them one by one. Others won't leave for us. */
const STRANGERS_MS = 2_000;

export interface DestroyOptions {
  /**
   * Called once, before anything else is tried, with those of the folders that can't be removed at once: something may be in there. Left
   * out: the container's processes are dead, and any that lives is another's.
   */
  kill?: (left: Record<string, string>) => void;
  /** For a folder below one of these: it is another container's, and stays. */
  isForeign?: IsForeign;
}

/**
 * Removes the container's cgroups with those that were made below them, then the folders above that were made for it, as far
 * as no other cgroup is in them. Processes must be dead or dying. What isn't there any more is fine.
 * @param paths the container's folders, all of them to be removed unless `made` is given
 * @param made what applyCgroup returned; folders of `paths` that were there before are left alone. Left out: all are ours.
 * @returns those of the folders that stay, as other containers have cgroups below
 * @throws TsruncError 'system' with EBUSY naming the pids that are still in a cgroup after the time that they are given
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
    // Not those that are gone: another container may have them by now.
    kill?.(Object.fromEntries(left.map((key) => [key, paths[key]!])));
    const end = now(native) + (kill === undefined ? STRANGERS_MS : TIMEOUT_MS);
    for (const key of left)
      if (!removeCgroup(native, paths[key]!, key === '', end, isForeign)) staying.push(paths[key]!);
  }
  if (!made) return staying;
  const folders = new Set(Object.values(paths));
  for (let i = made.length - 1; i >= 0; i--) if (!folders.has(made[i]!)) tryRmdir(native, made[i]!);
  return staying;
}

/**
 * Depth first. Trying the folder itself first spares looking into it, as there's hardly ever anything.
 * @returns false when it stays for another container's below
 */
function removeCgroup(native: Native, folder: string, v2: boolean, end: number, isForeign: IsForeign): boolean {
  while (!tryRmdir(native, folder)) {
    let stays = false;
    for (const child of subCgroups(native, folder, v2))
      if (isForeign(child) || !removeCgroup(native, child, v2, end, isForeign)) stays = true;
    if (tryRmdir(native, folder)) return true;
    if (stays && folderProcesses(native, folder).length === 0) return false;
    const left = end - now(native);
    if (left <= 0) throw stillBusy(native, folder);
    if (v2 && !stays) waitUnpopulated(native, folder, left);
    else waitExits(native, folder, left);
  }
  return true;
}

/** Whether it could be removed. Why not is told when that is tried again. */
function isGone(native: Native, folder: string): boolean {
  try {
    return tryRmdir(native, folder);
  } catch (error) {
    if (error instanceof TsruncError) return false;
    throw error;
  }
}

/** True when it's gone; false when something is in it. */
function tryRmdir(native: Native, folder: string): boolean {
  try {
    native.rmdir(folder);
    return true;
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV)) return true;
    if (isErrno(error, EBUSY, ENOTEMPTY)) return false;
    if (!(error instanceof TsruncError)) throw error;
    throw withFields(error, { path: folder }, `${folder}: can't remove the cgroup: ${error.message}`);
  }
}

/** v2: the next change of cgroup.events, unless it says already that no process is left. */
function waitUnpopulated(native: Native, folder: string, timeout: number): void {
  let fd: number;
  try {
    fd = native.open(`${folder}/cgroup.events`, O_RDONLY, 0);
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
 * v1 has no such file: waits for one of the processes to exit. From Linux 6.19 on a process leaves its cgroup a moment after
 * its pidfd says it's dead.
 */
function waitExits(native: Native, folder: string, timeout: number): void {
  const [pid] = folderProcesses(native, folder);
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

function stillBusy(native: Native, folder: string): TsruncError {
  const pids = folderProcesses(native, folder);
  const who = pids.length > 0 ? `: pid ${pids.join(', ')}` : '';
  return new TsruncError('system', `${folder}: can't remove the cgroup, processes are still in it${who}`, {
    syscall: 'rmdir',
    errno: EBUSY,
    path: folder,
    hint: 'move or end them, and try again',
  });
}
