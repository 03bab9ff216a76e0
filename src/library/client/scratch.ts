/**
 * Files without a name, in memory where that can be had. A command gets one by its descriptor, as /proc/self/fd/N where it takes a
 * path: nothing has to be removed afterwards, not even when this program is killed, and no container that goes on keeps a pipe to us.
 */
import { closeSync, constants, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** O_TMPFILE of open(2), which Node.js doesn't name; the directory's bit differs between architectures. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

let count = 0;

/** Opens a new empty file that has no name, for reading and writing. */
function openNameless(): number {
  try {
    return openSync('/dev/shm', O_TMPFILE | constants.O_RDWR, 0o600);
  } catch {
    // No such file system here, or one that can't: a file that loses its name at once is the same.
    const path = join(tmpdir(), `tsrunc-${process.pid}-${Date.now()}-${++count}`);
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    rmSync(path);
    return fd;
  }
}

/** A file without a name, to be closed once. */
export class Scratch {
  readonly fd: number;
  #open = true;

  /** @param text what it holds at first */
  constructor(text = '') {
    this.fd = openNameless();
    try {
      for (let rest = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(writeSync(this.fd, rest));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** What it holds now, as UTF-8. At most `limit` bytes, the last ones, as nobody knows what a command writes. */
  read(limit = 64 << 20): string {
    const { size } = fstatSync(this.fd);
    if (size === 0) return '';
    const bytes = Buffer.alloc(Math.min(size, limit));
    let filled = 0;
    while (filled < bytes.length) {
      const got = readSync(this.fd, bytes, filled, bytes.length - filled, size - bytes.length + filled);
      if (got === 0) break;
      filled += got;
    }
    return bytes.toString('utf8', 0, filled);
  }

  /** Closes it; more than one call is fine. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.fd);
  }
}
