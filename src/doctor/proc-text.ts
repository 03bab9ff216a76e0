/** Reads small files of /proc, /sys and /etc, of which each may be missing or closed to us. */
import { TsruncError } from '../base/error.js';
import type { FileStat, Native } from '../native/native.js';

const LIMIT = 1 << 22;

/** The text of a file without white space at its ends; undefined if there is none, or it can't be read. */
export function textOf(native: Native, path: string): string | undefined {
  try {
    return native.readFileIfExists(path, LIMIT)?.trim();
  } catch (error) {
    if (error instanceof TsruncError) return undefined;
    throw error;
  }
}

/** The value of a kernel parameter, by its path below /proc/sys. */
export const sysctl = (native: Native, path: string): string | undefined => textOf(native, `/proc/sys/${path}`);

/** What stat(2) tells of a path; null also where a directory above it is closed to us. */
export function statOf(native: Native, path: string): FileStat | null {
  try {
    return native.stat(path, true);
  } catch (error) {
    if (error instanceof TsruncError) return null;
    throw error;
  }
}

/** The error of `act`; undefined if it worked. */
export function errorOf(act: () => void): TsruncError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof TsruncError) return error;
    throw error;
  }
}
