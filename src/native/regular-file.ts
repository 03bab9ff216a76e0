/** Reads files that somebody else may have put there, such as another program or a container. */
import { TsruncError } from '../base/error.js';
import { O_NOFOLLOW, O_PATH, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from './flags.js';
import type { Native } from './native.js';
import { systemError } from './system-error.js';

const kinds: Readonly<Record<number, string>> = {
  [S_IFLNK]: 'a symbolic link',
  [S_IFBLK]: 'a block device',
  [S_IFDIR]: 'a directory',
  [S_IFCHR]: 'a character device',
  [S_IFIFO]: 'a FIFO',
  [S_IFREG]: 'a regular file',
};

/** The kind of a file that is not a regular one, from its st_mode, in the words of a message: 'a FIFO'. */
export const fileKind = (mode: number): string => kinds[mode & S_IFMT] ?? 'a socket';

/**
 * The text of a file that somebody else may have made. Anything but a regular file is refused, and is not opened (O_PATH only
 * refers to it): a FIFO would make us wait, opening a device may already do something, and a symlink may lead anywhere.
 * @param limit in bytes
 * @returns null when there is no such file.
 * @throws TsruncError 'system' when it is not a regular file, is larger than limit, or can't be read.
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
