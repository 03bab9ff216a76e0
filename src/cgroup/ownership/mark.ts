/**
 * Marks that say which container a cgroup belongs to. The path doesn't: any number of containers may be configured with
 * the same cgroupsPath, under one --root or several, and the present directory may have been made again by another
 * runtime. So the directory itself names the container that claimed it, in an extended attribute, which disappears with
 * the directory (xattr(7)).
 *
 * cgroupfs has always accepted `trusted.` attributes (v1 and v2). Setting them needs CAP_SYS_ADMIN on the host, so a
 * container can't forge them. A runtime without that capability sets a `user.` attribute, which cgroupfs accepts from
 * the owner of the directory since Linux 5.7.
 */
import { E2BIG, EACCES, EEXIST, ENOSPC, ENOSYS, EOPNOTSUPP, EPERM } from '../../base/errno.js';
import { isErrno } from '../../base/error.js';
import type { Native } from '../../native/native.js';

const TRUSTED = 'trusted.tsrunc';
const USER = 'user.tsrunc';

/**
 * How a container holds a cgroup.
 * made: it is the container's own and was made for it, so it is removed with the container.
 * found: it is the container's own but existed before, so it stays.
 * above: it was made for a container whose own cgroup is somewhere below.
 */
export type MarkKind = 'made' | 'found' | 'above';

/** The contents of a mark. */
export interface Mark {
  readonly kind: MarkKind;
  /** holderText of the container. */
  readonly holder: string;
}

/** A mark that was read. */
export interface FoundMark extends Mark {
  /** Only root on the host can have set it. */
  readonly trusted: boolean;
}

/**
 * The mark of a cgroup; undefined when it has none, or attributes can't be read there.
 * @param trustedOnly ignore a weak mark, which the owner of the directory can set
 * @throws TsruncError 'system', with ENOENT or ENODEV for a directory that is gone
 */
export function readMark(native: Native, directory: string, trustedOnly = false): FoundMark | undefined {
  return markIn((name) => readAttribute(native, directory, name), trustedOnly);
}

/**
 * The mark of a cgroup that is known to have been marked; undefined when it has lost the mark.
 * @throws TsruncError 'system' when the mark can't be read, also for lack of permission: that doesn't mean that it is
 * lost
 */
export function readGivenMark(native: Native, directory: string): FoundMark | undefined {
  return markIn((name) => {
    try {
      return native.getXattr(directory, name);
    } catch (error) {
      if (isErrno(error, EOPNOTSUPP)) return null;
      throw error;
    }
  }, false);
}

/** The trusted marks of several cgroups, in their order; undefined for one without, and for one that can't be read. */
export function readTrustedMarks(native: Native, directories: readonly string[]): (FoundMark | undefined)[] {
  return native.getXattrs(directories, TRUSTED).map((text) => parse(text, true));
}

/** For each of the cgroups, whether it has exactly this mark as a trusted one. */
export function bearMark(native: Native, directories: readonly string[], mark: Mark): boolean[] {
  const text = markText(mark);
  return native.getXattrs(directories, TRUSTED).map((found) => found === text);
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

function readAttribute(native: Native, directory: string, name: string): string | null {
  try {
    return native.getXattr(directory, name);
  } catch (error) {
    if (isErrno(error, EOPNOTSUPP, EPERM, EACCES)) return null;
    throw error;
  }
}

/**
 * set: only root on the host can change the mark. weak: the owner of the directory can. taken: there is a mark already.
 * impossible: the kernel accepts none.
 */
export type MarkResult = 'set' | 'weak' | 'taken' | 'impossible';

/**
 * Marks a cgroup that has no mark yet. Of several runtimes that do so at the same time, only one succeeds (XATTR_CREATE).
 * @throws TsruncError 'system' for errors other than those that MarkResult covers, such as ENOENT
 */
export function setMark(native: Native, directory: string, mark: Mark): MarkResult {
  return write(native, directory, mark, true);
}

/** Marks a cgroup, replacing the mark that it has. Throws as setMark. */
export function replaceMark(native: Native, directory: string, mark: Mark): Exclude<MarkResult, 'taken'> {
  const done = write(native, directory, mark, false);
  return done === 'taken' ? 'impossible' : done;
}

function write(native: Native, directory: string, mark: Mark, create: boolean): MarkResult {
  const text = markText(mark);
  const result = writeAttribute(native, directory, TRUSTED, text, create);
  if (result !== 'impossible') return result;
  const weaker = writeAttribute(native, directory, USER, text, create);
  return weaker === 'set' ? 'weak' : weaker;
}

function writeAttribute(
  native: Native,
  directory: string,
  name: string,
  text: string,
  create: boolean,
): 'set' | 'taken' | 'impossible' {
  try {
    native.setXattr(directory, name, text, create);
    return 'set';
  } catch (error) {
    if (isErrno(error, EEXIST)) return 'taken';
    // ENOSPC, E2BIG: kernfs limits user attributes to 128, and 128 kB, for a directory.
    if (!isErrno(error, EPERM, EACCES, EOPNOTSUPP, ENOSYS, ENOSPC, E2BIG)) throw error;
    return 'impossible';
  }
}

function markText({ kind, holder }: Mark): string {
  return `${kind} ${holder}`;
}

/** Removes the mark of a cgroup. Throws 'system' as setMark; a mark that we may not remove stays. */
export function clearMark(native: Native, directory: string): void {
  for (const name of [TRUSTED, USER])
    try {
      native.removeXattr(directory, name);
    } catch (error) {
      if (!isErrno(error, EPERM, EACCES, EOPNOTSUPP)) throw error;
    }
}

/** Whether this kernel lets us mark a cgroup, as far as one can tell without trying. */
export function takesMarks(native: Native, directory: string, rootless: boolean): boolean {
  if (!rootless) return true;
  try {
    native.getXattr(directory, USER);
    return true;
  } catch (error) {
    return !isErrno(error, EOPNOTSUPP);
  }
}
