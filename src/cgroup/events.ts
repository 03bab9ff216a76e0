/** Waits on cgroup.events, the file by which cgroup v2 notifies of changes (cgroup-v2.rst, "Core Interface Files"). */
import { ETIMEDOUT } from '../base/errno.js';
import { TsruncError } from '../base/error.js';
import { now } from '../native/clock.js';
import { O_RDONLY, POLLPRI } from '../native/flags.js';
import type { Native } from '../native/native.js';

/**
 * Returns as soon as cgroup.events of a v2 cgroup has the line `key value`.
 * @param timeout in milliseconds
 * @throws TsruncError 'system' with ETIMEDOUT after `timeout`, or with the kernel's error when the file can't be read
 */
export function waitForEvent(native: Native, directory: string, key: string, value: string, timeout: number): void {
  const file = `${directory}/cgroup.events`;
  const end = now(native) + timeout;
  for (;;) {
    // poll reports changes since the descriptor's last read, so opening and reading before each poll misses none.
    const fd = native.open(file, O_RDONLY, 0);
    try {
      if (eventValue(native.read(fd, 4096) ?? '', key) === value) return;
      const left = end - now(native);
      if (left <= 0)
        throw new TsruncError('system', `${file}: no "${key} ${value}" after ${timeout} ms`, {
          path: file,
          errno: ETIMEDOUT,
        });
      native.poll([fd], [POLLPRI], Math.ceil(left));
    } finally {
      native.close(fd);
    }
  }
}

function eventValue(text: string, key: string): string | undefined {
  for (const line of text.split('\n')) if (line.startsWith(`${key} `)) return line.slice(key.length + 1);
  return undefined;
}
