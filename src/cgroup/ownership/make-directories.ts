/** Makes the directories of a container's cgroups, and claims those that exist already. */
import { EEXIST, ENODEV, ENOENT } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import type { Native } from '../../native/native.js';
import { explain } from '../write-limit.js';
import type { Claim } from './claim.js';
import { refuseForeignCgroup } from './foreign.js';

/**
 * How often a directory may disappear between two of our steps: a container that ends removes its own and those above,
 * and may do so just then.
 */
const TRIES = 100;

/** The part of a `make` operation that is needed here. */
interface Make {
  readonly path: string;
  readonly pointer: string;
}

/**
 * Makes the directories that are missing, with missing parents, and claims those of `paths` that exist.
 * @param paths the container's own directories (CgroupPlan.paths)
 * @param made gets the directories that were made, outermost first, even when this function throws
 * @param claim marks the directories; without one, existing ones are only checked for processes
 * @throws TsruncError 'config' for a directory that belongs to someone else, 'system' with the field that asked for one
 * that can't be made
 */
export function makeAndClaim(
  native: Native,
  directories: readonly Make[],
  paths: Readonly<Record<string, string>>,
  made: string[],
  claim: Claim | undefined,
): void {
  for (let tries = TRIES; ; tries--) {
    for (const directory of directories) makeDirectory(native, directory, made, claim);
    if (claimFound(native, paths, made, claim)) return;
    if (tries === 0) throw new TsruncError('system', 'the cgroup is removed as often as it is made', { errno: ENOENT });
  }
}

/** Makes one directory as makeAndClaim does. One that exists is left alone. */
export function makeDirectory(
  native: Native,
  { path, pointer }: Make,
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
      throw explain(error, path, pointer, "can't make the cgroup");
    makeDirectory(native, { path: parent, pointer }, made, claim);
    // Try all again: another container that ends may have removed the parent meanwhile (ENODEV: is just removing it).
    makeDirectory(native, { path, pointer }, made, claim, tries - 1);
    return;
  }
  let isOurs: boolean | undefined = true;
  try {
    if (claim !== undefined) isOurs = unlessRemoved(() => claim.takeMade(path));
  } catch (error) {
    // A directory without a mark belongs to nobody, so nobody would ever remove it.
    if (!claim?.isOthers(path)) removeDirectories(native, [path]);
    throw error;
  }
  if (isOurs) made.push(path);
  else if (isOurs === undefined && tries > 0) makeDirectory(native, { path, pointer }, made, claim, tries - 1);
}

/**
 * Removes directories that were made, innermost first. Those that can't be removed stay.
 * @param made outermost first
 */
export function removeDirectories(native: Native, made: readonly string[]): void {
  for (let i = made.length - 1; i >= 0; i--)
    try {
      native.rmdir(made[i]!);
    } catch (error) {
      // Others may have made cgroups in there meanwhile.
      if (!(error instanceof TsruncError)) throw error;
    }
}

/** @returns false when one of the container's directories is gone, and all have to be made again */
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

/** The result of `act`; undefined when the directory it works on is gone. */
function unlessRemoved<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV)) return undefined;
    throw error;
  }
}
