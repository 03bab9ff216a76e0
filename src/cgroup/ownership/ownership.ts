/**
 * Decides which of the cgroups named in a state file still belong to the container: only those may be frozen, killed,
 * changed or removed.
 */
import { ENODEV, ENOENT, ENOTDIR } from '../../base/errno.js';
import { isErrno } from '../../base/error.js';
import {
  CGROUP_SUPER_MAGIC,
  CGROUP2_SUPER_MAGIC,
  LOCK_SH,
  O_DIRECTORY,
  O_RDONLY,
  S_IFDIR,
  S_IFMT,
} from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import { walkBelow } from '../below.js';
import { v1FreezerKey } from '../freeze.js';
import { killCgroup } from '../kill.js';
import { directoryProcesses } from '../processes.js';
import { holderExists, placeOf } from './holder.js';
import { madeFor } from './made-for.js';
import { bearMark, type FoundMark, type MarkKind, readGivenMark, readMark, readTrustedMarks } from './mark.js';

/** What a state file says about a container's cgroups. */
export interface CgroupRecord {
  /** CgroupPlan.paths. */
  readonly paths: Readonly<Record<string, string>>;
  /** Directories that were made for the container, including those above its own; parents first. Left out: they are all of `paths`. */
  readonly made?: readonly string[] | undefined;
  /** The holderText in their marks. */
  readonly mark?: string | undefined;
  /** The kernel accepted no mark. */
  readonly unmarked?: boolean | undefined;
  /** Claim.weak. */
  readonly weak?: Readonly<Record<string, string>> | undefined;
}

/**
 * Whose a directory is. made, found, above: the container's, as in its mark. unmarked: it has lost its mark. other: it
 * has another container's mark, or isn't a place for a container's cgroup at all.
 */
export type Hold = MarkKind | 'unmarked' | 'other' | 'gone';

/**
 * Whose a directory is that a state file names.
 * @throws TsruncError 'system' when that can't be found out
 */
export function holdOf(native: Native, record: CgroupRecord, directory: string): Hold {
  return look(native, record, directory).hold;
}

/** What was found out about a directory. */
interface Look {
  readonly hold: Hold;
  /** It has the container's mark, and only root on the host can have set that. */
  readonly trusted: boolean;
}

function look(native: Native, record: CgroupRecord, directory: string): Look {
  const isMarked = record.mark !== undefined && record.unmarked !== true;
  const mark = unlessGone(() => (isMarked ? readGivenMark : readMark)(native, directory));
  if (mark === 'gone') return { hold: 'gone', trusted: false };
  if (mark !== undefined) {
    const isOurs = mark.holder === record.mark;
    return { hold: isOurs ? mark.kind : 'other', trusted: isOurs && mark.trusted };
  }
  return { hold: unlessGone(() => holdWithoutMark(native, record, directory, isMarked)), trusted: false };
}

function holdWithoutMark(native: Native, record: CgroupRecord, directory: string, isMarked: boolean): Hold {
  const stat = native.stat(directory, false);
  if (stat === null) return 'gone';
  if (!isContainerPlace(native, directory)) return 'other';
  // A weak mark is gone, but the directory is still the same: the container, which owns it, has removed the mark.
  if (isMarked && record.weak?.[directory] !== placeOf(stat)) return 'unmarked';
  if (!madeFor(record).includes(directory)) return 'found';
  return Object.values(record.paths).includes(directory) ? 'made' : 'above';
}

/** As readMark, but returns 'gone' for a directory that is gone. */
export function markOf(native: Native, directory: string, trustedOnly = false): FoundMark | 'gone' | undefined {
  return unlessGone(() => readMark(native, directory, trustedOnly));
}

function unlessGone<T>(act: () => T): T | 'gone' {
  try {
    return act();
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV, ENOTDIR)) return 'gone';
    throw error;
  }
}

/**
 * True for a cgroup that can be a container's: it is below the mount point of a cgroup file system, and we are not in
 * it. With a wrong path, killing all processes of the cgroup could kill those of the whole machine.
 */
export function isContainerPlace(native: Native, directory: string): boolean {
  if (!isCgroup(native, directory)) return false;
  const [stat, above] = [native.stat(directory, false), native.stat(parentOf(directory), true)];
  const isMountPoint = stat === null || stat.dev !== above?.dev;
  return !isMountPoint && !directoryProcesses(native, directory).includes(native.identity()[4] ?? 0);
}

/** True for an absolute path without `.`, `..` or empty parts that names a directory in a cgroup file system. */
function isCgroup(native: Native, directory: string): boolean {
  const clean =
    directory.startsWith('/') &&
    !directory
      .slice(1)
      .split('/')
      .some((part) => ['', '.', '..'].includes(part));
  if (!clean || ((native.stat(directory, false)?.mode ?? 0) & S_IFMT) !== S_IFDIR) return false;
  return [CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC].includes(native.fsType(directory));
}

/** The cgroups that belong to one container, and which of the cgroups below them belong to others. */
export class OwnCgroups {
  /**
   * Each directory is looked at only once, when it is first asked for: one that disappears later was still the
   * container's.
   */
  private readonly looks: Record<string, Look> = {};
  private sawAll = false;
  private allMade = false;

  constructor(
    private readonly native: Native,
    private readonly record: CgroupRecord,
  ) {}

  /** Those of the record's paths that belong to the container, by the same keys. */
  get paths(): Record<string, string> {
    return this.that('made', 'found');
  }

  /** Those of the record's paths whose Hold is one of `kinds`. */
  that(...kinds: Hold[]): Record<string, string> {
    const { paths } = this.record;
    const result: Record<string, string> = {};
    this.lookAtAll();
    if (this.allMade && !kinds.includes('made')) return result;
    for (const key in paths) if (kinds.includes(this.look(key).hold)) result[key] = paths[key]!;
    return result;
  }

  /** Only the directory of the v1 freezer, with its key, if it belongs to the container; else empty. */
  get freezer(): Record<string, string> {
    const key = v1FreezerKey(this.record.paths);
    if (key === undefined || !['made', 'found'].includes(this.look(key).hold)) return {};
    return { [key]: this.record.paths[key]! };
  }

  /**
   * Looks at all directories in one call. Usually all of them were made for the container; those for which that doesn't
   * hold are looked at one by one later.
   */
  private lookAtAll(): void {
    const { native, record } = this;
    if (this.sawAll) return;
    this.sawAll = true;
    const { paths, mark } = record;
    if (mark === undefined) return;
    const keys = Object.keys(paths);
    const made = bearMark(native, Object.values(paths), { kind: 'made', holder: mark });
    for (let i = 0; i < made.length; i++) if (made[i]) this.looks[keys[i]!] ??= { hold: 'made', trusted: true };
    this.allMade = !made.includes(false);
  }

  private look(key: string): Look {
    this.looks[key] ??= look(this.native, this.record, this.record.paths[key]!);
    return this.looks[key];
  }

  /**
   * Sends a signal to the processes in those of `paths` that still belong to the container. Returns and throws as
   * killCgroup.
   */
  kill(signal: number, paths: Readonly<Record<string, string>> = this.paths): number {
    return this.holding(paths, (held) => killCgroup(this.native, held, signal, this.isForeign));
  }

  /**
   * Runs `act` with those of `paths` that still belong to the container, and makes sure that they do until `act`
   * returns. If this container is stopped, another one may have taken over a cgroup since it was last looked at. Taking
   * over needs an exclusive lock on the directory (Claim), and so waits for the shared locks that are held here.
   * @param act gets the paths by the same keys; its result is returned
   */
  holding<T>(paths: Readonly<Record<string, string>>, act: (held: Record<string, string>) => T): T {
    const { native } = this;
    const locks: number[] = [];
    const held: Record<string, string> = {};
    try {
      for (const [key, path] of Object.entries(paths)) {
        const fd = openDirectory(native, path);
        if (fd === undefined) continue;
        locks.push(fd);
        native.flock(fd, LOCK_SH);
        const hold = holdOf(native, this.record, path);
        if (hold === 'made' || hold === 'found') held[key] = path;
      }
      return act(held);
    } finally {
      for (const fd of locks) native.close(fd);
    }
  }

  /** Directories above the container's that were made for it, or for a container that is gone by now; innermost first. */
  above(): string[] {
    const { native, record } = this;
    if (record.mark === undefined || record.unmarked === true)
      return madeFor(record)
        .filter((path) => holdOf(native, record, path) === 'above')
        .reverse();
    const found = new Set<string>();
    for (
      let directories = parentsOf(Object.values(record.paths));
      directories.length > 0;
      directories = parentsOf(directories)
    ) {
      const marks = this.marksOf(directories);
      directories = directories.filter((_, i) => this.isLeftAbove(marks[i]));
      for (const directory of directories) found.add(directory);
    }
    return [...found];
  }

  private marksOf(directories: readonly string[]): (FoundMark | 'gone' | undefined)[] {
    const { native } = this;
    return this.hasTrusted()
      ? readTrustedMarks(native, directories)
      : directories.map((directory) => markOf(native, directory));
  }

  private isLeftAbove(mark: FoundMark | 'gone' | undefined): boolean {
    if (mark === undefined || mark === 'gone' || mark.kind !== 'above') return false;
    return mark.holder === this.record.mark || !holderExists(this.native, mark.holder);
  }

  /**
   * Whether a cgroup below one of the container's belongs to another container, whose cgroupsPath leads there.
   * Processes of this container may make and mark cgroups there too (a runtime in the container does). So the mark
   * counts only if its container's state directory exists, and if it isn't weaker than our own mark.
   */
  readonly isForeign = (directory: string): boolean => {
    const mark = markOf(this.native, directory);
    if (mark === undefined || mark === 'gone' || mark.holder === this.record.mark) return false;
    if (!holderExists(this.native, mark.holder)) return false;
    return mark.trusted || !this.hasTrusted();
  };

  private hasTrusted(): boolean {
    return Object.keys(this.record.paths).some((key) => this.look(key).trusted);
  }

  /** The first cgroup of another container that is found below one of `paths`; undefined if there is none. */
  foreignBelow(paths: Readonly<Record<string, string>> = this.paths): string | undefined {
    for (const key in paths) {
      const found = firstForeign(this.native, paths[key]!, key === '', this.isForeign);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** A descriptor of the directory; undefined when it is gone. */
function openDirectory(native: Native, path: string): number | undefined {
  try {
    return native.open(path, O_RDONLY | O_DIRECTORY, 0);
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV, ENOTDIR)) return undefined;
    throw error;
  }
}

/** The parent directories of the paths, each once, without `/`. */
function parentsOf(paths: readonly string[]): string[] {
  return [...new Set(paths.map(parentOf))].filter((path) => path !== '');
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function firstForeign(
  native: Native,
  directory: string,
  v2: boolean,
  isForeign: (directory: string) => boolean,
): string | undefined {
  let found: string | undefined;
  walkBelow(native, directory, v2, {
    enter(child) {
      if (found === undefined && isForeign(child)) found = child;
      return found === undefined;
    },
  });
  return found;
}
