import { existsSync, readFileSync } from 'node:fs';

/** Whether a process runs. A zombie, which its parent hasn't reaped yet, doesn't. */
export function lives(pid: number | string): boolean {
  const stat = `/proc/${pid}/stat`;
  try {
    return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'utf8'));
  } catch {
    // Reaped between the two.
    return false;
  }
}
