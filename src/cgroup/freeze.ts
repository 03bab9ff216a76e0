/** Freezes and thaws all processes of a container at once, by the v1 freezer or by cgroup.freeze of v2. */
import { ENODEV, ENOENT, ETIMEDOUT } from '../base/errno.js';
import { isErrno, TsruncError } from '../base/error.js';
import { pause } from '../native/clock.js';
import type { Native } from '../native/native.js';
import { walkBelow } from './below.js';
import { waitForEvent } from './events.js';
import { type IsForeign, nobody } from './processes.js';

/** How long a freeze may take: a process in uninterruptible sleep delays it. */
const TIMEOUT_MS = 10_000;
/** v1 doesn't notify when the freeze is done, so its state is read again after this long. */
const LOOK_AGAIN_MS = 2;

/**
 * The key of the v1 freezer in a container's paths; undefined without one.
 * @param paths the container's directories (CgroupPlan.paths)
 */
export function v1FreezerKey(paths: Readonly<Record<string, string>>): string | undefined {
  // Nearly always its hierarchy has no other controller, and looking through all keys takes QuickJS longer than all else here.
  if (paths.freezer !== undefined) return 'freezer';
  for (const key in paths) if (key.length > 7 && key.split(',').includes('freezer')) return key;
  return undefined;
}

/** The directory of the v1 freezer among a container's `paths` (CgroupPlan.paths); undefined without one. */
export function v1Freezer(paths: Readonly<Record<string, string>>): string | undefined {
  const key = v1FreezerKey(paths);
  return key === undefined ? undefined : paths[key];
}

/**
 * Freezes all processes and returns once they are frozen. Uses the v1 freezer where there is one, else cgroup.freeze of
 * v2.
 * @param paths the container's directories (CgroupPlan.paths)
 * @throws TsruncError 'unsupported' when the container has neither, 'system' with ETIMEDOUT when the kernel isn't done
 * after ten seconds (the container is thawed again first)
 */
export function freezeCgroup(native: Native, paths: Readonly<Record<string, string>>): void {
  const v1 = v1Freezer(paths);
  const v2 = paths[''];
  try {
    if (v1 !== undefined) freezeV1(native, v1);
    else if (v2 !== undefined) {
      native.writeExisting(`${v2}/cgroup.freeze`, '1');
      waitForEvent(native, v2, 'frozen', '1', TIMEOUT_MS);
    } else throw new TsruncError('unsupported', 'the container has no cgroup to freeze it by');
  } catch (error) {
    if (isErrno(error, ETIMEDOUT)) thawCgroup(native, paths);
    throw error;
  }
}

/** Thaws all processes, and in v2 returns once they run again. Throws as freezeCgroup. */
export function thawCgroup(native: Native, paths: Readonly<Record<string, string>>): void {
  const v1 = v1Freezer(paths);
  const v2 = paths[''];
  if (v1 !== undefined) native.writeExisting(`${v1}/freezer.state`, 'THAWED');
  else if (v2 !== undefined) {
    native.writeExisting(`${v2}/cgroup.freeze`, '0');
    waitForEvent(native, v2, 'frozen', '0', TIMEOUT_MS);
  } else throw new TsruncError('unsupported', 'the container has no cgroup to thaw it by');
}

/**
 * Thaws the container's v1 cgroups, those below included, so that killed processes can die: a frozen process in v1
 * doesn't, and the container may have frozen cgroups below its own. v2 needs nothing: frozen processes can be killed
 * there (cgroup-v2.rst, "cgroup.freeze"). A cgroup that is gone is no error.
 * @param paths the container's directories (CgroupPlan.paths)
 * @param isForeign true for cgroups below that belong to another container and stay frozen
 */
export function thawCgroupTree(
  native: Native,
  paths: Readonly<Record<string, string>>,
  isForeign: IsForeign = nobody,
): void {
  const v1 = v1Freezer(paths);
  if (v1 === undefined) return;
  thaw(native, v1);
  walkBelow(native, v1, false, {
    enter(child) {
      if (isForeign(child)) return false;
      thaw(native, child);
      return true;
    },
  });
}

function thaw(native: Native, directory: string): void {
  try {
    if (native.readFile(`${directory}/freezer.self_freezing`, 64).trim() === '1')
      native.writeExisting(`${directory}/freezer.state`, 'THAWED');
  } catch (error) {
    if (!isErrno(error, ENOENT, ENODEV)) throw error;
  }
}

/**
 * The file that isFrozen reads; undefined for a container without cgroups. self_freezing and cgroup.freeze are the cgroup's own setting: a
 * frozen parent doesn't mean that the container is paused.
 * @param paths the container's directories (CgroupPlan.paths)
 */
export function freezerFile(paths: Readonly<Record<string, string>>): string | undefined {
  const v1 = v1Freezer(paths);
  if (v1 !== undefined) return `${v1}/freezer.self_freezing`;
  const v2 = paths[''];
  return v2 === undefined ? undefined : `${v2}/cgroup.freeze`;
}

/** True while the container is frozen or about to be. A cgroup that is gone counts as not frozen. `paths` as for freezerFile. */
export function isFrozen(native: Native, paths: Readonly<Record<string, string>>): boolean {
  const file = freezerFile(paths);
  try {
    return file !== undefined && native.readFileIfExists(file, 64)?.trim() === '1';
  } catch (error) {
    if (!isErrno(error, ENODEV)) throw error;
    return false;
  }
}

/**
 * freezer.state says FREEZING until the last task has stopped. A task that was forked or moved in meanwhile may keep it
 * in that state until FROZEN is written again, so each round writes it (cgroup-v1/freezer-subsystem.rst).
 */
function freezeV1(native: Native, directory: string): void {
  const file = `${directory}/freezer.state`;
  for (let waited = 0; ; waited += LOOK_AGAIN_MS) {
    native.writeExisting(file, 'FROZEN');
    if (native.readFile(file, 64).trim() === 'FROZEN') return;
    if (waited >= TIMEOUT_MS) break;
    pause(native, LOOK_AGAIN_MS);
  }
  throw new TsruncError('system', `${file}: the container's processes don't freeze`, { path: file, errno: ETIMEDOUT });
}
