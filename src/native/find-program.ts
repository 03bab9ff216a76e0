/** Looks for programs as a shell does. */
import { TsruncError } from '../base/error.js';
import { S_IFMT, S_IFREG } from './flags.js';
import type { Native } from './native.js';

/** $PATH where the caller's environment has none, as podman's may. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The path of a program in the directories of `path`, which is a value of $PATH; undefined when there is none. */
export function findProgram(native: Native, name: string, path: string): string | undefined {
  return path
    .split(':')
    .map((directory) => `${directory || '.'}/${name}`)
    .find((candidate) => isProgram(native, candidate));
}

function isProgram(native: Native, path: string): boolean {
  try {
    const stat = native.stat(path, true);
    return stat !== null && (stat.mode & S_IFMT) === S_IFREG && (stat.mode & 0o111) !== 0;
  } catch (error) {
    // In a directory that we may not enter, such as one of the $PATH of root after su(1).
    if (error instanceof TsruncError) return false;
    throw error;
  }
}
