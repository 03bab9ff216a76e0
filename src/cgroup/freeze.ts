/** Stopping and continuing all processes of a container at once. */
import { ENODEV, ENOENT, ETIMEDOUT } from '../base/errno.js';
import { isErrno, TsruncError } from '../base/error.js';
import { pause } from '../native/clock.js';
import type { Native } from '../native/native.js';
import { waitForEvent } from './events.js';
import { type IsForeign, nobody, subCgroups } from './processes.js';

/** How long a freeze may take; a process in uninterruptible sleep can hold it up. */
const TIMEOUT_MS = 10_000;
/** v1 tells nobody when it is done: look again after this long. */
const LOOK_AGAIN_MS = 2;

/** Which of a container's folders is that of the v1 freezer. */
export function v1FreezerKey(paths: Readonly<Record<string, string>>): string | undefined {
  for (const key in paths) if (key.split(',').includes('freezer')) return key;
  return undefined;
}

/** Folder of the v1 freezer among a container's folders. */
export function v1Freezer(paths: Readonly<Record<string, string>>): string | undefined {
  const key = v1FreezerKey(paths);
  return key === undefined ? undefined : paths[key];
}

/**
 * Freezes all processes, and returns when they are: by the v1 freezer where there is one, else by cgroup.freeze.
 * @param paths the container's folders (CgroupPlan.paths)
 * @throws TsruncError 'unsupported' without a cgroup to freeze by, 'system' when the kernel doesn't get it done in ten
 * seconds (the container runs again then)
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

/** Lets all processes run again. Throws as freezeCgroup. */
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
 * Thaws what is frozen of the container for those to die that were killed: in v1 a frozen process doesn't, and a container may freeze
 * cgroups of its own below. In v2 a kill goes through (cgroup-v2.rst, "cgroup.freeze"). What is gone is fine.
 * @param isForeign cgroups below that are another container's, and stay as they are
 */
export function thawCgroupTree(
  native: Native,
  paths: Readonly<Record<string, string>>,
  isForeign: IsForeign = nobody,
): void {
  const v1 = v1Freezer(paths);
  if (v1 !== undefined) thawTree(native, v1, isForeign);
}

function thawTree(native: Native, folder: string, isForeign: IsForeign): void {
  try {
    if (native.readFile(`${folder}/freezer.self_freezing`, 64).trim() === '1')
      native.writeExisting(`${folder}/freezer.state`, 'THAWED');
  } catch (error) {
    if (!isErrno(error, ENOENT, ENODEV)) throw error;
  }
  for (const child of subCgroups(native, folder, false)) if (!isForeign(child)) thawTree(native, child, isForeign);
}

/** True while the container is frozen, or on its way there. A cgroup that is gone is not frozen. */
export function isFrozen(native: Native, paths: Readonly<Record<string, string>>): boolean {
  const v1 = v1Freezer(paths);
  const v2 = paths[''];
  try {
    // Its own setting: a frozen cgroup above is not this container's pause.
    if (v1 !== undefined) return native.readFile(`${v1}/freezer.self_freezing`, 64).trim() === '1';
    if (v2 !== undefined) return (native.readFileIfExists(`${v2}/cgroup.freeze`, 64) ?? '0').trim() === '1';
  } catch (error) {
    if (!isErrno(error, ENOENT, ENODEV)) throw error;
  }
  return false;
}

/**
 * freezer.state says FREEZING until the last task stopped; a task that was forked or moved in meanwhile may keep it there
 * until FROZEN is written again (cgroup-v1/freezer-subsystem.rst).
 */
function freezeV1(native: Native, folder: string): void {
  const file = `${folder}/freezer.state`;
  for (let waited = 0; ; waited += LOOK_AGAIN_MS) {
    native.writeExisting(file, 'FROZEN');
    if (native.readFile(file, 64).trim() === 'FROZEN') return;
    if (waited >= TIMEOUT_MS) break;
    pause(native, LOOK_AGAIN_MS);
  }
  throw new TsruncError('system', `${file}: the container's processes don't freeze`, { path: file, errno: ETIMEDOUT });
}
