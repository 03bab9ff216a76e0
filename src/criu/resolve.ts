/** Resolves symlinks within a container's root file system. */
import { ELOOP } from '../base/errno.js';
import { TsruncError } from '../base/error.js';
import { S_IFLNK, S_IFMT } from '../native/flags.js';
import type { Native } from '../native/native.js';

/** How many symlinks are followed at most, as in the kernel (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * The path that a path in a root file system leads to, as criu names mount points: symlinks are followed within the
 * root, and missing components stay as they are. The container may change the symlinks at any time, so the result may
 * serve as a name only and must not be opened.
 * @param root path of the root file system, without a slash at its end
 * @returns an absolute path within the root
 * @throws TsruncError 'system' with ELOOP for more than 40 symlinks
 */
export function resolveInRoot(native: Native, root: string, path: string): string {
  let left = path.split('/');
  const done: string[] = [];
  for (let links = 0; left.length > 0; ) {
    const [part = '', ...rest] = left;
    left = rest;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done.pop();
      continue;
    }
    const here = `${root}/${[...done, part].join('/')}`;
    const stat = native.stat(here, false);
    if (stat === null || (stat.mode & S_IFMT) !== S_IFLNK) {
      done.push(part);
      continue;
    }
    if (++links > MOST_LINKS)
      throw new TsruncError('system', `${path}: too many levels of symbolic links`, { errno: ELOOP });
    const target = native.readLink(here);
    if (target.startsWith('/')) done.length = 0;
    left = [...target.split('/'), ...left];
  }
  return `/${done.join('/')}`;
}
