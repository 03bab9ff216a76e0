/** Which of the cgroups that a state file names are the container's: those alone are ever frozen, emptied, changed or removed. */
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
import { v1FreezerKey } from '../freeze.js';
import { killCgroup } from '../kill.js';
import { folderProcesses, subCgroups } from '../processes.js';
import { holderExists, placeOf } from './holder.js';
import { type FoundMark, type MarkKind, readGivenMark, readMark, readTrustedMarks } from './mark.js';

/** What a state file says of a container's cgroups. */
export interface CgroupRecord {
  /** CgroupPlan.paths. */
  readonly paths: Readonly<Record<string, string>>;
  /** Folders that were missing, those above the container's own among them, parents first. */
  readonly made: readonly string[];
  /** holderText that they are marked with. */
  readonly mark?: string | undefined;
  /** The kernel took no mark. */
  readonly unmarked?: boolean | undefined;
  /** Claim.weak. */
  readonly weak?: Readonly<Record<string, string>> | undefined;
}

/** As the mark says; unmarked: it has none; other: another's mark, or no place for a container's cgroup at all. */
export type Hold = MarkKind | 'unmarked' | 'other' | 'gone';

/** Whose a folder is that a state file names. */
export function holdOf(native: Native, record: CgroupRecord, folder: string): Hold {
  return look(native, record, folder).hold;
}

/** What was seen of a folder. */
interface Look {
  readonly hold: Hold;
  /** It bears the container's mark, and nobody but root of the host can have set that. */
  readonly trusted: boolean;
}

function look(native: Native, record: CgroupRecord, folder: string): Look {
  const isMarked = record.mark !== undefined && record.unmarked !== true;
  const mark = unlessGone(() => (isMarked ? readGivenMark : readMark)(native, folder));
  if (mark === 'gone') return { hold: 'gone', trusted: false };
  if (mark !== undefined) {
    const isOurs = mark.holder === record.mark;
    return { hold: isOurs ? mark.kind : 'other', trusted: isOurs && mark.trusted };
  }
  return { hold: unlessGone(() => holdWithoutMark(native, record, folder, isMarked)), trusted: false };
}

function holdWithoutMark(native: Native, record: CgroupRecord, folder: string, isMarked: boolean): Hold {
  const stat = native.stat(folder, false);
  if (stat === null) return 'gone';
  if (!isContainerPlace(native, folder)) return 'other';
  // The container has taken the mark off a folder of its own.
  if (isMarked && record.weak?.[folder] !== placeOf(stat)) return 'unmarked';
  if (!record.made.includes(folder)) return 'found';
  return Object.values(record.paths).includes(folder) ? 'made' : 'above';
}

/** As readMark, and of a folder that is gone too. */
export function markOf(native: Native, folder: string, trustedOnly = false): FoundMark | 'gone' | undefined {
  return unlessGone(() => readMark(native, folder, trustedOnly));
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
 * True for a cgroup that a container may have: below the mount point of a cgroup file system, and without ourselves in it. A kill of all
 * that a wrong path holds could be one of the whole machine.
 */
export function isContainerPlace(native: Native, folder: string): boolean {
  if (!isCgroup(native, folder)) return false;
  const [stat, above] = [native.stat(folder, false), native.stat(parentOf(folder), true)];
  const isMountPoint = stat === null || stat.dev !== above?.dev;
  return !isMountPoint && !folderProcesses(native, folder).includes(native.identity()[4] ?? 0);
}

/** True for the clean path of a folder in a cgroup file system. */
function isCgroup(native: Native, folder: string): boolean {
  const clean =
    folder.startsWith('/') &&
    !folder
      .slice(1)
      .split('/')
      .some((part) => ['', '.', '..'].includes(part));
  if (!clean || ((native.stat(folder, false)?.mode ?? 0) & S_IFMT) !== S_IFDIR) return false;
  return [CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC].includes(native.fsType(folder));
}

/** The cgroups of one container, and what of the cgroups below is another's. */
export class OwnCgroups {
  /** Each folder is looked at once, when it is asked for: what is removed later was the container's. */
  private readonly looks: Record<string, Look> = {};
  private sawAll = false;

  constructor(
    private readonly native: Native,
    private readonly record: CgroupRecord,
  ) {}

  /** The container's folders, as in CgroupPlan.paths. */
  get paths(): Record<string, string> {
    return this.that('made', 'found');
  }

  /** Those of the folders that are held so. */
  that(...kinds: Hold[]): Record<string, string> {
    const { paths } = this.record;
    const result: Record<string, string> = {};
    this.lookAtAll();
    for (const key in paths) if (kinds.includes(this.look(key).hold)) result[key] = paths[key]!;
    return result;
  }

  /** The folder of the v1 freezer, alone, if that is the container's. */
  get freezer(): Record<string, string> {
    const key = v1FreezerKey(this.record.paths);
    if (key === undefined || !['made', 'found'].includes(this.look(key).hold)) return {};
    return { [key]: this.record.paths[key]! };
  }

  /** At all of them at once: they mostly bear the container's mark. The others are looked at one by one. */
  private lookAtAll(): void {
    const { native, record } = this;
    if (this.sawAll) return;
    this.sawAll = true;
    const keys = Object.keys(record.paths);
    readTrustedMarks(native, Object.values(record.paths)).forEach((mark, i) => {
      if (mark !== undefined && mark.holder === record.mark)
        this.looks[keys[i]!] ??= { hold: mark.kind, trusted: true };
    });
  }

  private look(key: string): Look {
    this.looks[key] ??= look(this.native, this.record, this.record.paths[key]!);
    return this.looks[key];
  }

  /**
   * Ends the processes in those of `paths` that still are the container's, as killCgroup does.
   * @returns as killCgroup
   */
  kill(signal: number, paths: Readonly<Record<string, string>> = this.paths): number {
    return this.holding(paths, (held) => killCgroup(this.native, held, signal, this.isForeign));
  }

  /**
   * What `act` returns for those of `paths` that still are the container's, and stay so meanwhile. Somebody may have taken a stopped
   * container's cgroup over since it was looked at; who does so locks it (Claim), and waits for the locks that are held here.
   */
  holding<T>(paths: Readonly<Record<string, string>>, act: (held: Record<string, string>) => T): T {
    const { native } = this;
    const locks: number[] = [];
    const held: Record<string, string> = {};
    try {
      for (const [key, path] of Object.entries(paths)) {
        const fd = openFolder(native, path);
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

  /** Folders above the container's that were made for it, or for one that is gone and left them to it; innermost first. */
  above(): string[] {
    const { native, record } = this;
    if (record.mark === undefined || record.unmarked === true)
      return record.made.filter((path) => holdOf(native, record, path) === 'above').reverse();
    const found = new Set<string>();
    for (let folders = parentsOf(Object.values(record.paths)); folders.length > 0; folders = parentsOf(folders)) {
      const marks = this.marksOf(folders);
      folders = folders.filter((_, i) => this.isLeftAbove(marks[i]));
      for (const folder of folders) found.add(folder);
    }
    return [...found];
  }

  private marksOf(folders: readonly string[]): (FoundMark | 'gone' | undefined)[] {
    const { native } = this;
    return this.hasTrusted() ? readTrustedMarks(native, folders) : folders.map((folder) => markOf(native, folder));
  }

  private isLeftAbove(mark: FoundMark | 'gone' | undefined): boolean {
    if (mark === undefined || mark === 'gone' || mark.kind !== 'above') return false;
    return mark.holder === this.record.mark || !holderExists(this.native, mark.holder);
  }

  /**
   * For a cgroup below one of the container's: whether another container has it, whose cgroupsPath leads there. Processes of our
   * container may make cgroups there as well, and mark them as they like (a runtime in the container does): so that other one's state
   * folder must be there, and the mark be no weaker than ours.
   */
  readonly isForeign = (folder: string): boolean => {
    const mark = markOf(this.native, folder);
    if (mark === undefined || mark === 'gone' || mark.holder === this.record.mark) return false;
    if (!holderExists(this.native, mark.holder)) return false;
    return mark.trusted || !this.hasTrusted();
  };

  private hasTrusted(): boolean {
    return Object.keys(this.record.paths).some((key) => this.look(key).trusted);
  }

  /** A cgroup of another container below one of ours, if there is any. */
  foreignBelow(paths: Readonly<Record<string, string>> = this.paths): string | undefined {
    for (const key in paths) {
      const found = firstForeign(this.native, paths[key]!, key === '', this.isForeign);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Undefined for one that is gone. */
function openFolder(native: Native, path: string): number | undefined {
  try {
    return native.open(path, O_RDONLY | O_DIRECTORY, 0);
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV, ENOTDIR)) return undefined;
    throw error;
  }
}

/** Each once, without the root. */
function parentsOf(paths: readonly string[]): string[] {
  return [...new Set(paths.map(parentOf))].filter((path) => path !== '');
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function firstForeign(
  native: Native,
  folder: string,
  v2: boolean,
  isForeign: (folder: string) => boolean,
): string | undefined {
  for (const child of subCgroups(native, folder, v2)) {
    const found = isForeign(child) ? child : firstForeign(native, child, v2, isForeign);
    if (found !== undefined) return found;
  }
  return undefined;
}
