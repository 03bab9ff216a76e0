/** The cgroups below one. A container that may make cgroups decides how many there are, how deep, and what they are called. */
import { ENODEV, ENOENT } from '../base/errno.js';
import { isErrno } from '../base/error.js';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, S_IFDIR, S_IFMT } from '../native/flags.js';
import type { Native } from '../native/native.js';

/** A path that leaves room for the name of a file below PATH_MAX, which is 4096. */
const LONGEST_PATH = 3500;
/** After that many levels the path begins anew: the kernel looks up every part of it for each file. */
const MOST_LEVELS = 64;

/** What is done with each cgroup below another. */
export interface CgroupVisitor {
  /**
   * Called for a cgroup before those below it.
   * @param directory a path that leads to it until `leave` was called
   * @param isNamed false if that is no name of its own, but begins at a descriptor: nothing but cgroups that processes of a
   *   container have made lies that deep
   * @returns whether those below it are visited, and `leave` is called
   */
  enter(directory: string, isNamed: boolean): boolean;
  /** Called after those below it. */
  leave?(directory: string): void;
}

interface Frame {
  readonly directory: string;
  readonly below: readonly string[];
  next: number;
  /** How many levels its path goes below the place that it begins at. */
  readonly levels: number;
  /** The directory above, by which `directory` is named; -1 if it has a name of its own. */
  readonly above: number;
}

/**
 * Visits all cgroups below one. No call for each level, and no path that grows with it: both would end where a container has made
 * its cgroups deep enough, and it could never be removed.
 * @param v2 whether `directory` is in the v2 hierarchy
 * @throws TsruncError 'system', and what the visitor throws
 */
export function walkBelow(native: Native, directory: string, v2: boolean, visitor: CgroupVisitor): void {
  const frames: Frame[] = [{ directory, below: subCgroups(native, directory, v2), next: 0, levels: 0, above: -1 }];
  try {
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const path = frame.below[frame.next++];
      if (path === undefined) {
        if (frames.length > 1) visitor.leave?.(frame.directory);
        frames.pop();
        close(native, frame.above);
        continue;
      }
      const place = placeOf(native, frame, path);
      if (place === undefined) continue;
      try {
        const isNamed = !place.directory.startsWith('/proc/self/fd/');
        if (visitor.enter(place.directory, isNamed))
          frames.push({ ...place, below: subCgroups(native, place.directory, v2), next: 0 });
      } finally {
        // From then on the frame has it.
        if (frames.at(-1) === frame) close(native, place.above);
      }
    }
  } finally {
    for (const { above } of frames) close(native, above);
  }
}

function close(native: Native, fd: number): void {
  if (fd >= 0) native.close(fd);
}

/** By which path a cgroup directly below another is visited; undefined when the other is gone. */
function placeOf(
  native: Native,
  { directory, levels }: Frame,
  path: string,
): Pick<Frame, 'directory' | 'levels' | 'above'> | undefined {
  if (path.length <= LONGEST_PATH && levels < MOST_LEVELS) return { directory: path, levels: levels + 1, above: -1 };
  try {
    const above = native.open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
    return { directory: `/proc/self/fd/${above}${path.slice(directory.length)}`, levels: 1, above };
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV)) return undefined;
    throw error;
  }
}

/**
 * Paths of the cgroups directly below `directory`; empty for one that is gone.
 * @param v2 whether `directory` is in the v2 hierarchy
 * @throws TsruncError 'system'
 */
export function subCgroups(native: Native, directory: string, v2: boolean): string[] {
  // cgroup.stat of v2, or the link count of a v1 directory, may say that there are none: that saves a stat of some
  // forty files.
  if (
    v2
      ? (readStat(native, directory) ?? '').startsWith('nr_descendants 0\n')
      : native.stat(directory, false)?.links === 2
  )
    return [];
  let names: string[];
  try {
    names = native.readDir(directory);
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV)) return [];
    throw error;
  }
  // Not by name: a cgroup may be named like a controller's file.
  return names
    .map((name) => `${directory}/${name}`)
    .filter((path) => ((native.stat(path, false)?.mode ?? 0) & S_IFMT) === S_IFDIR);
}

function readStat(native: Native, directory: string): string | null {
  try {
    return native.readFileIfExists(`${directory}/cgroup.stat`, 4096);
  } catch (error) {
    if (isErrno(error, ENODEV)) return null;
    throw error;
  }
}
