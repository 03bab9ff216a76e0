/** Waiting on cgroup.events, the file by which cgroup v2 tells of changes (cgroup-v2.rst, "Core Interface Files"). */
import { ETIMEDOUT } from '../base/errno.js';
import { TsruncError } from '../base/error.js';
import { now } from '../native/clock.js';
import { O_RDONLY, POLLPRI } from '../native/flags.js';
import type { Native } from '../native/native.js';

/**
 * Returns when cgroup.events of a v2 folder says `key value`.
 * @throws TsruncError 'system' with ETIMEDOUT after `timeout` ms, or when the file can't be read
 */
export function waitForEvent(native: Native, folder: string, key: string, value: string, timeout: number): void {
  const file = `${folder}/cgroup.events`;
  const end = now(native) + timeout;
  for (;;) {
    // A descriptor's poll reports changes since its last read, so one opened and read just now misses none.
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
