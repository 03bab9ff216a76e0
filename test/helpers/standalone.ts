import { closeSync, openSync, readSync } from 'node:fs';

/** Whether an executable is the standalone tsrunc: the launcher of the Node host is a hundredth of its size. */
export function isStandalone(path: string): boolean {
  const fd = openSync(path, 'r');
  try {
    return readSync(fd, Buffer.alloc(1), 0, 1, 500_000) === 1;
  } finally {
    closeSync(fd);
  }
}
