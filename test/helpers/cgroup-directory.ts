import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The directory of a process in a v1 hierarchy, from /proc/PID/cgroup. */
export function cgroupDirectory(pid: number, controller: string): string {
  for (const line of readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n')) {
    const [, names, path] = line.split(':');
    if (names?.split(',').includes(controller)) return join('/sys/fs/cgroup', controller, path ?? '');
  }
  throw new Error(`no ${controller} in /proc/${pid}/cgroup`);
}
