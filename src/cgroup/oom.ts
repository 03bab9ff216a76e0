/** Notices that the kernel killed a process because memory ran out (OOM), without reading the counters in a loop. */

import { EINVAL, ENODEV, ENOENT, EOPNOTSUPP } from '../base/errno.js';
import { isErrno } from '../base/error.js';
import type { Int } from '../config/spec.js';
import { O_RDONLY, POLLIN, POLLPRI } from '../native/flags.js';
import type { Native } from '../native/native.js';
import { parseCount } from './stat-file.js';

/** A watch on one cgroup: poll fd() for `events`, then ask happened(). */
export interface OomWatch {
  /** The descriptor to poll. happened() may replace it, so ask again after each call. */
  fd(): number;
  /** POLL* bits to poll for. */
  readonly events: number;
  /** True if the kernel killed a process since the last call (or, for the first call, since watchOom). */
  happened(): boolean;
  /** Closes the descriptor. */
  close(): void;
}

/**
 * Watches the container's memory cgroup.
 * @param paths the container's directories (CgroupPlan.paths)
 * @returns undefined where none of them has the memory controller, or the kernel can't notify
 * @throws TsruncError 'system'
 */
export function watchOom(native: Native, paths: Readonly<Record<string, string>>): OomWatch | undefined {
  for (const key in paths) if (key.split(',').includes('memory')) return watchV1(native, paths[key]!);
  return paths[''] === undefined ? undefined : watchV2(native, paths['']);
}

/**
 * v1: writing `EVENTFD FD` to cgroup.event_control, with FD that of memory.oom_control, makes the kernel add to the
 * eventfd at every OOM (cgroup-v1/memory.rst, "OOM Control"). It also does when the cgroup is removed, which happened()
 * must tell apart.
 */
function watchV1(native: Native, directory: string): OomWatch | undefined {
  const control = openIfThere(native, `${directory}/memory.oom_control`);
  if (control === undefined) return undefined;
  const event = native.eventFd();
  try {
    native.writeExisting(`${directory}/cgroup.event_control`, `${event} ${control}`);
  } catch (error) {
    native.close(event);
    // The kernel doesn't have that interface (PREEMPT_RT), or the cgroup is being removed.
    if (isErrno(error, ENOENT, ENODEV, EINVAL, EOPNOTSUPP)) return undefined;
    throw error;
  } finally {
    native.close(control);
  }
  return {
    fd: () => event,
    events: POLLIN,
    happened: () => native.read(event, 8) !== null && native.stat(directory, true) !== null,
    close: () => native.close(event),
  };
}

/** v2: memory.events counts the kills in this cgroup and those below, and wakes whoever polls it at every change. */
function watchV2(native: Native, directory: string): OomWatch | undefined {
  const file = `${directory}/memory.events`;
  let fd = openIfThere(native, file);
  if (fd === undefined) return undefined;
  let count = kills(native, fd);
  return {
    fd: () => fd ?? -1,
    events: POLLPRI,
    happened() {
      // poll reports changes since the descriptor's last read, so one that is opened and read now misses none.
      const next = openIfThere(native, file);
      if (next === undefined) return false;
      if (fd !== undefined) native.close(fd);
      fd = next;
      const before = count;
      count = kills(native, fd);
      return count > before;
    },
    close() {
      if (fd !== undefined) native.close(fd);
      fd = undefined;
    },
  };
}

function kills(native: Native, fd: number): Int {
  try {
    const [, digits = '0'] = /^oom_kill (\d+)$/m.exec(native.read(fd, 4096) ?? '') ?? [];
    return parseCount(digits);
  } catch (error) {
    if (isErrno(error, ENODEV)) return 0;
    throw error;
  }
}

function openIfThere(native: Native, path: string): number | undefined {
  try {
    return native.open(path, O_RDONLY, 0);
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV)) return undefined;
    throw error;
  }
}
