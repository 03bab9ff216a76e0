/** Reads files that the command line names. */
import { EAGAIN, EFBIG, EISDIR } from '../base/errno.js';
import { TsruncError, withFields } from '../base/error.js';
import { S_IFMT, S_IFREG } from '../native/flags.js';
import type { Native } from '../native/native.js';
import { fileKind } from '../native/regular-file.js';

/** In bytes. A larger file is a mistake, and would fill the memory. */
const FILE_LIMIT = 16 << 20;

/**
 * The text of a file. It may be a pipe, such as a shell's `<(…)`, but is not waited for: without a writer, or with a slow one, that
 * is an error.
 * @param path absolute
 * @param name what messages call it, e.g. `--process FILE`
 * @throws TsruncError 'system'
 */
export function readGivenFile(native: Native, path: string, name: string): string {
  let text: string;
  try {
    text = native.readFile(path, FILE_LIMIT);
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    throw withFields(error, { path }, `${name}: ${whyUnread(error, path)}`);
  }
  // Nobody stats a file that holds something.
  const stat = text === '' ? native.stat(path, true) : null;
  if (stat === null || (stat.mode & S_IFMT) === S_IFREG) return text;
  throw new TsruncError(
    'system',
    `${name}: ${fileKind(stat.mode)} that nothing is written to; must be a regular file`,
    {
      path,
    },
  );
}

function whyUnread(error: TsruncError, path: string): string {
  if (error.errno === EFBIG) return `${path} is too large: at most ${FILE_LIMIT} bytes are read`;
  if (error.errno === EISDIR) return `${path} is a directory; must be a file`;
  if (error.errno === EAGAIN) return `nothing came from ${path} for 5 seconds; must be a regular file`;
  return error.message;
}
