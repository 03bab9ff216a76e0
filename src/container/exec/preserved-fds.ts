/** Decides which descriptors of the runtime a process inherits besides 0, 1 and 2. */
import { TsruncError } from '../../base/error.js';
import type { Runtime } from '../runtime.js';

/**
 * How many descriptors a service manager passed: LISTEN_FDS, if LISTEN_PID is the pid of this process
 * (sd_listen_fds(3)), otherwise 0.
 */
export function listenFds(rt: Runtime): number {
  const { LISTEN_FDS: count = '', LISTEN_PID: pid = '' } = rt.env;
  if (!/^\d{1,5}$/.test(count) || Number(pid) !== rt.native.identity()[4]) return 0;
  return Number(count);
}

/**
 * The descriptors from 3 on that a process inherits. The count ends at the last one that is open, even if more were
 * asked for.
 */
export interface PreservedFds {
  readonly count: number;
  /** Numbers among them that aren't open in the runtime; they stay closed in the process. */
  readonly missing: readonly number[];
}

/** Nothing is inherited besides 0, 1 and 2. */
export const noFds: PreservedFds = { count: 0, missing: [] };

/**
 * The descriptors of LISTEN_FDS, followed by those of --preserve-fds.
 * @throws TsruncError 'usage' if one of LISTEN_FDS isn't open
 */
export function preservedFds(rt: Runtime, preserve: number, listening: number): PreservedFds {
  const end = 3 + preserve + listening;
  if (end === 3) return noFds;
  const open = new Set(rt.native.inherited().fds.filter((fd) => fd >= 3 && fd < end));
  // Descriptors above the last open one don't exist in the process anyway.
  const count = Math.max(2 + listening, ...open) - 2;
  const missing = Array.from({ length: count }, (_, index) => 3 + index).filter((fd) => !open.has(fd));
  const unset = missing.find((fd) => fd < 3 + listening);
  if (unset === undefined) return { count, missing };
  throw new TsruncError('usage', `unable to preserve descriptor ${unset}: it is not open`, {
    hint: 'LISTEN_FDS counts from 3 on, without a gap',
  });
}
