import { ELOOP } from '../base/errno.js';
import { TsruncError } from '../base/error.js';
import { S_IFLNK, S_IFMT } from '../native/flags.js';
import type { Native } from '../native/native.js';

const MOST_LINKS = 40;

/**
 * What a path in a root file system leads to, as criu names mount points: symlinks followed within the root, missing parts as
 * they are. Names only: whatever becomes of the links afterwards, nothing is opened by the result.
 * @param root without a slash at its end.
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
