import { TsruncError } from '../../base/error.js';
import type { Runtime } from '../runtime.js';

/**
 * How many descriptors a service manager passed: LISTEN_FDS, when LISTEN_PID says that they are for this process
 * (sd_listen_fds(3)); 0 otherwise.
 */
export function listenFds(rt: Runtime): number {
  const { LISTEN_FDS: count = '', LISTEN_PID: pid = '' } = rt.env;
  if (!/^\d{1,5}$/.test(count) || Number(pid) !== rt.native.identity()[4]) return 0;
  return Number(count);
}

/** The descriptors from 3 on that a process keeps: up to the last that is open, whatever more was asked for. */
export interface PreservedFds {
  readonly count: number;
  /** Of those the ones that the caller hasn't open: nothing is open there in the process either. */
  readonly missing: readonly number[];
}

export const noFds: PreservedFds = { count: 0, missing: [] };

/**
 * The descriptors of --preserve-fds and, first of them, of LISTEN_FDS.
 * @throws TsruncError 'usage' when one of LISTEN_FDS isn't open.
 */
export function preservedFds(rt: Runtime, preserve: number, listening: number): PreservedFds {
  const end = 3 + preserve + listening;
  if (end === 3) return noFds;
  const open = new Set(rt.native.inherited().fds.filter((fd) => fd >= 3 && fd < end));
  // What is asked for above the last one is not there, as all that is closed in the process.
  const count = Math.max(2 + listening, ...open) - 2;
  const missing = Array.from({ length: count }, (_, index) => 3 + index).filter((fd) => !open.has(fd));
  const unset = missing.find((fd) => fd < 3 + listening);
  if (unset === undefined) return { count, missing };
  throw new TsruncError('usage', `unable to preserve descriptor ${unset}: it is not open`, {
    hint: 'LISTEN_FDS counts from 3 on, without a gap',
  });
}
