/** Learning of processes that the kernel killed for want of memory, without looking again and again. */

import { EINVAL, ENODEV, ENOENT, EOPNOTSUPP } from '../base/errno.js';
import { isErrno } from '../base/error.js';
import type { Int } from '../config/spec.js';
import { O_RDONLY, POLLIN, POLLPRI } from '../native/flags.js';
import type { Native } from '../native/native.js';
import { parseCount } from './stat-file.js';

export interface OomWatch {
  /** To be polled for `events`, then asked. A descriptor of its own after every question. */
  fd(): number;
  readonly events: number;
  /** Whether a process was killed since the last question. */
  happened(): boolean;
  close(): void;
}

/** A watch on a container's cgroups, or undefined where none of them has the memory controller. */
export function watchOom(native: Native, paths: Readonly<Record<string, string>>): OomWatch | undefined {
  for (const key in paths) if (key.split(',').includes('memory')) return watchV1(native, paths[key]!);
  return paths[''] === undefined ? undefined : watchV2(native, paths['']);
}

/**
 * v1: `EVENTFD FD-OF-OOM_CONTROL` in cgroup.event_control makes the kernel count in the eventfd (cgroup-v1/memory.rst,
 * "OOM Control"). It counts, too, when the cgroup is removed.
 */
function watchV1(native: Native, folder: string): OomWatch | undefined {
  const control = openIfThere(native, `${folder}/memory.oom_control`);
  if (control === undefined) return undefined;
  const event = native.eventFd();
  try {
    native.writeExisting(`${folder}/cgroup.event_control`, `${event} ${control}`);
  } catch (error) {
    native.close(event);
    // A kernel without that interface (PREEMPT_RT), or a cgroup that is going.
    if (isErrno(error, ENOENT, ENODEV, EINVAL, EOPNOTSUPP)) return undefined;
    throw error;
  } finally {
    native.close(control);
  }
  return {
    fd: () => event,
    events: POLLIN,
    happened: () => native.read(event, 8) !== null && native.stat(folder, true) !== null,
    close: () => native.close(event),
  };
}

/** v2: memory.events counts the kills in this cgroup and those below, and tells pollers of every change. */
function watchV2(native: Native, folder: string): OomWatch | undefined {
  const file = `${folder}/memory.events`;
  let fd = openIfThere(native, file);
  if (fd === undefined) return undefined;
  let count = kills(native, fd);
  return {
    fd: () => fd ?? -1,
    events: POLLPRI,
    happened() {
      // A descriptor reports changes since its last read, so one opened and read just now misses none.
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
