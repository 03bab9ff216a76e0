import { TsruncError } from '../error.js';
import type { Runtime } from './runtime.js';

/**
 * How many descriptors a service manager passed: LISTEN_FDS, when LISTEN_PID says that they are for this process
 * (sd_listen_fds(3)); 0 otherwise.
 */
export function listenFds(rt: Runtime): number {
  const { LISTEN_FDS: count = '', LISTEN_PID: pid = '' } = rt.env;
  if (!/^\d{1,5}$/.test(count) || Number(pid) !== rt.native.identity()[4]) return 0;
  return Number(count);
}

/** @throws TsruncError 'usage' when one of the descriptors 3 .. 3 + count - 1 that the container is to keep isn't open. */
export function checkPreservedFds(rt: Runtime, count: number): void {
  if (count === 0) return;
  const open = new Set(rt.native.inherited().fds);
  for (let fd = 3; fd < 3 + count; fd++) {
    if (open.has(fd)) continue;
    throw new TsruncError('usage', `unable to preserve descriptor ${fd}: it is not open`, {
      hint: '--preserve-fds and LISTEN_FDS count from 3 on, without a gap',
    });
  }
}
