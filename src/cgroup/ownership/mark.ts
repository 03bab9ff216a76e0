/**
 * Whose a cgroup is. Its path doesn't tell: any number of containers may be configured with one cgroupsPath, under one --root or
 * several, and what is there now may have been made anew by another runtime. So the folder itself bears the name of the container that
 * took it, as an extended attribute, which goes when the folder goes (xattr(7)).
 *
 * cgroupfs has always taken `trusted.` attributes (v1 and v2), which want CAP_SYS_ADMIN on the host: a container can't forge one. Without
 * that it is a `user.` one, which cgroupfs takes from Linux 5.7 on, from the owner of the folder.
 */
import { E2BIG, EACCES, EEXIST, ENOSPC, ENOSYS, EOPNOTSUPP, EPERM } from '../../base/errno.js';
import { isErrno } from '../../base/error.js';
import type { Native } from '../../native/native.js';

const TRUSTED = 'trusted.tsrunc';
const USER = 'user.tsrunc';

/**
 * made, found: the cgroup is a container's own, and was made for one, with which it goes, or was there before, and stays. above: it was made
 * for one that has its own below.
 */
export type MarkKind = 'made' | 'found' | 'above';

export interface Mark {
  readonly kind: MarkKind;
  /** holderText of the container. */
  readonly holder: string;
}

/** A mark that was read. */
export interface FoundMark extends Mark {
  /** Nobody but root of the host can have set it. */
  readonly trusted: boolean;
}

/**
 * The mark of a cgroup; undefined for one without, and where there can be none.
 * @param trustedOnly leaves out the one that the owner of the folder can set
 * @throws TsruncError 'system' with ENOENT or ENODEV for a folder that is gone
 */
export function readMark(native: Native, folder: string, trustedOnly = false): FoundMark | undefined {
  return markIn((name) => readAttribute(native, folder, name), trustedOnly);
}

/**
 * The mark of a cgroup that was given one: that it can't be read doesn't mean that it has lost it.
 * @throws TsruncError 'system' then
 */
export function readGivenMark(native: Native, folder: string): FoundMark | undefined {
  return markIn((name) => {
    try {
      return native.getXattr(folder, name);
    } catch (error) {
      if (isErrno(error, EOPNOTSUPP)) return null;
      throw error;
    }
  }, false);
}

/** The marks of several cgroups that nobody but root of the host can have set; undefined also for what can't be told. */
export function readTrustedMarks(native: Native, folders: readonly string[]): (FoundMark | undefined)[] {
  return native.getXattrs(folders, TRUSTED).map((text) => parse(text, true));
}

function markIn(read: (name: string) => string | null, trustedOnly: boolean): FoundMark | undefined {
  const trusted = parse(read(TRUSTED), true);
  return trusted !== undefined || trustedOnly ? trusted : parse(read(USER), false);
}

function parse(text: string | null, trusted: boolean): FoundMark | undefined {
  if (text === null) return undefined;
  const space = text.indexOf(' ');
  const kind = text.slice(0, space);
  if (kind !== 'made' && kind !== 'found' && kind !== 'above') return undefined;
  return { kind, holder: text.slice(space + 1), trusted };
}

function readAttribute(native: Native, folder: string, name: string): string | null {
  try {
    return native.getXattr(folder, name);
  } catch (error) {
    if (isErrno(error, EOPNOTSUPP, EPERM, EACCES)) return null;
    throw error;
  }
}

/** set: nobody but root of the host can change it. weak: the owner of the folder can. */
export type MarkResult = 'set' | 'weak' | 'taken' | 'impossible';

/**
 * Marks a cgroup. The first mark is a claim: of those who set one at the same time, one does.
 * @returns 'taken' when it has a mark already, 'impossible' where the kernel takes none
 * @throws TsruncError 'system' otherwise
 */
export function setMark(native: Native, folder: string, mark: Mark): MarkResult {
  return write(native, folder, mark, true);
}

/** Puts a mark in the place of the one that it has. As setMark. */
export function replaceMark(native: Native, folder: string, mark: Mark): Exclude<MarkResult, 'taken'> {
  const done = write(native, folder, mark, false);
  return done === 'taken' ? 'impossible' : done;
}

function write(native: Native, folder: string, { kind, holder }: Mark, create: boolean): MarkResult {
  const text = `${kind} ${holder}`;
  for (const name of [TRUSTED, USER])
    try {
      native.setXattr(folder, name, text, create);
      return name === TRUSTED ? 'set' : 'weak';
    } catch (error) {
      if (isErrno(error, EEXIST)) return 'taken';
      // ENOSPC, E2BIG: kernfs keeps 128 attributes and 128 kB for a folder, no more.
      if (!isErrno(error, EPERM, EACCES, EOPNOTSUPP, ENOSYS, ENOSPC, E2BIG)) throw error;
    }
  return 'impossible';
}

/** Takes the mark off a cgroup that stays. */
export function clearMark(native: Native, folder: string): void {
  for (const name of [TRUSTED, USER])
    try {
      native.removeXattr(folder, name);
    } catch (error) {
      if (!isErrno(error, EPERM, EACCES, EOPNOTSUPP)) throw error;
    }
}

/** Whether this kernel lets us mark a cgroup, as far as can be told without doing it. */
export function takesMarks(native: Native, folder: string, rootless: boolean): boolean {
  if (!rootless) return true;
  try {
    native.getXattr(folder, USER);
    return true;
  } catch (error) {
    return !isErrno(error, EOPNOTSUPP);
  }
}
