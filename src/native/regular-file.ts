import { TsruncError } from '../base/error.js';
import { O_NOFOLLOW, O_PATH, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from './flags.js';
import type { Native } from './native.js';
import { systemError } from './system-error.js';

const kinds: Readonly<Record<number, string>> = {
  [S_IFLNK]: 'a symbolic link',
  [S_IFBLK]: 'a block device',
  [S_IFDIR]: 'a folder',
  [S_IFCHR]: 'a character device',
  [S_IFIFO]: 'a FIFO',
};

/** What a file of this st_mode is, in words: 'a FIFO'. */
export const fileKind = (mode: number): string => kinds[mode & S_IFMT] ?? 'a socket';

/**
 * Text of a file that came from elsewhere. Anything but a regular file is refused and not opened: opening a FIFO waits, opening
 * a device may do something, a symlink leads anywhere.
 * @returns null when there is none.
 * @throws TsruncError 'system' when it is no regular file, or larger than limit (bytes).
 */
export function readRegularFile(native: Native, path: string, limit: number): string | null {
  if (native.stat(path, false) === null) return null;
  const fd = native.open(path, O_PATH | O_NOFOLLOW, 0);
  try {
    const { mode } = native.fstat(fd);
    if ((mode & S_IFMT) !== S_IFREG)
      throw new TsruncError('system', `${path} is ${fileKind(mode)}; must be a regular file`, { path });
    return native.readFile(`/proc/self/fd/${fd}`, limit);
  } catch (error) {
    if (!(error instanceof TsruncError) || error.errno === undefined) throw error;
    throw systemError(error.fields.syscall ?? 'read', error.errno, path);
  } finally {
    native.close(fd);
  }
}
