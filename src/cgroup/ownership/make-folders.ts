/** Making the folders of a container's cgroups, and claiming those that are there. */
import { EEXIST, ENODEV, ENOENT } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import type { Native } from '../../native/native.js';
import { explain } from '../write-limit.js';
import type { Claim } from './claim.js';
import { refuseForeignCgroup } from './foreign.js';

/** How often a parent, or a folder that is another container's last, may go again before it is made or claimed. */
const TRIES = 100;

/** What is to be made: an operation `make`. */
interface Make {
  readonly path: string;
  readonly from: string;
}

/**
 * Makes those of the folders that are missing, with what is missing above them, and claims the others.
 * @param paths the container's own folders (CgroupPlan.paths)
 * @param made gets the folders that were made, outermost first, also when that fails
 * @param claim marks them; without one they are only looked at
 * @throws TsruncError 'config' for a folder that is another's, 'system' with the field that asked for one that can't be made
 */
export function makeAndClaim(
  native: Native,
  folders: readonly Make[],
  paths: Readonly<Record<string, string>>,
  made: string[],
  claim: Claim | undefined,
): void {
  for (let tries = TRIES; ; tries--) {
    for (const folder of folders) makeFolder(native, folder, made, claim);
    if (claimFound(native, paths, made, claim)) return;
    if (tries === 0) throw new TsruncError('system', 'the cgroup is removed as often as it is made', { errno: ENOENT });
  }
}

/** Makes a folder as makeAndClaim does, and claims none that is there. */
export function makeFolder(
  native: Native,
  { path, from }: Make,
  made: string[],
  claim: Claim | undefined,
  tries = TRIES,
): void {
  try {
    native.mkdir(path, 0o755);
  } catch (error) {
    if (isErrno(error, EEXIST)) return;
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (!isErrno(error, ENOENT, ENODEV) || parent === '' || tries === 0)
      throw explain(error, path, from, "can't make the cgroup");
    makeFolder(native, { path: parent, from }, made, claim);
    // From the start again: the last container of that parent may have removed it (ENODEV: is about to).
    makeFolder(native, { path, from }, made, claim, tries - 1);
    return;
  }
  let isOurs: boolean | undefined = true;
  try {
    if (claim !== undefined) isOurs = unlessRemoved(() => claim.takeMade(path));
  } catch (error) {
    // Without a mark it is nobody's, and nobody would remove it.
    if (!claim?.isOthers(path)) removeFolders(native, [path]);
    throw error;
  }
  if (isOurs) made.push(path);
  else if (isOurs === undefined && tries > 0) makeFolder(native, { path, from }, made, claim, tries - 1);
}

/** Removes folders that were made, innermost first, as far as they are empty. */
export function removeFolders(native: Native, made: readonly string[]): void {
  for (let i = made.length - 1; i >= 0; i--)
    try {
      native.rmdir(made[i]!);
    } catch (error) {
      // Others may have made cgroups in there meanwhile.
      if (!(error instanceof TsruncError)) throw error;
    }
}

/** @returns false when one of the container's folders is gone, with the container that had it */
function claimFound(
  native: Native,
  paths: Readonly<Record<string, string>>,
  made: readonly string[],
  claim: Claim | undefined,
): boolean {
  for (const key in paths) {
    const path = paths[key]!;
    if (made.includes(path)) continue;
    if (claim === undefined) refuseForeignCgroup(native, { [key]: path });
    else if (unlessRemoved(() => claim.takeFound(key, path)) !== true) return false;
  }
  return true;
}

/** Undefined when the folder was removed before or while something was done to it. */
function unlessRemoved<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV)) return undefined;
    throw error;
  }
}
