/** Resolves paths within a root directory, as the kernel does for a process whose root that is. */

import { S_IFDIR, S_IFLNK, S_IFMT } from '../../native/flags.js';
import type { FileStat, Native } from '../../native/native.js';

/** As the kernel: ELOOP after that many (path_resolution(7)). */
const LINK_LIMIT = 40;

/** Where a path leads. */
export interface Resolved {
  /** The path without symlinks, in the root. */
  readonly path: string;
  /** What is there; null if it is missing: `path` is then the deepest directory above it that exists. */
  readonly stat: FileStat | null;
  /** What is in the way if it is no directory. */
  readonly notDirectory: boolean;
}

/**
 * @param root the root directory, '' for our own
 * @throws TsruncError 'system' if a directory on the way can't be searched
 */
export function resolveIn(native: Native, root: string, path: string): Resolved {
  const todo = path.split('/');
  const done: string[] = [];
  let links = 0;
  const at = () => `/${done.join('/')}`;
  for (let name = todo.shift(); name !== undefined; name = todo.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      done.pop();
      continue;
    }
    const place = `${root}${done.length > 0 ? at() : ''}/${name}`;
    const stat = native.stat(place, false);
    if (stat === null) {
      const directory = native.stat(`${root}${at()}`, false);
      return { path: at(), stat: null, notDirectory: directory === null || (directory.mode & S_IFMT) !== S_IFDIR };
    }
    if ((stat.mode & S_IFMT) === S_IFLNK && ++links <= LINK_LIMIT) {
      const target = native.readLink(place);
      if (target.startsWith('/')) done.length = 0;
      todo.unshift(...target.split('/'));
      continue;
    }
    done.push(name);
    if (todo.some((rest) => rest !== '' && rest !== '.') && (stat.mode & S_IFMT) !== S_IFDIR)
      return { path: at(), stat: null, notDirectory: true };
  }
  return { path: at(), stat: native.stat(`${root}${at()}`, false), notDirectory: false };
}

/** The path, or the nearest directory above it that exists. */
export function existingAbove(native: Native, path: string): string {
  let at = path;
  while (at !== '/' && native.stat(at, true) === null) at = at.slice(0, at.lastIndexOf('/')) || '/';
  return at;
}
