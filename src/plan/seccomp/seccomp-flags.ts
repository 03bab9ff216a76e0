import type { Seccomp } from '../../config/spec.js';
import type { PlanBuilder } from '../steps/builder.js';
import type { NameTable } from '../steps/name-table.js';

// SECCOMP_FILTER_FLAG_*: include/uapi/linux/seccomp.h.
const TSYNC = 1 << 0;
const LOG = 1 << 1;
const SPEC_ALLOW = 1 << 2;
const NEW_LISTENER = 1 << 3;
const TSYNC_ESRCH = 1 << 4;
const WAIT_KILLABLE_RECV = 1 << 5;

/** The flags that a profile may name. */
export const seccompFlags: NameTable = {
  SECCOMP_FILTER_FLAG_TSYNC: TSYNC,
  SECCOMP_FILTER_FLAG_LOG: LOG,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: SPEC_ALLOW,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: WAIT_KILLABLE_RECV,
};

/** Every flag that a plan may have, by its name without the prefix. */
export const allSeccompFlags = { TSYNC, LOG, SPEC_ALLOW, NEW_LISTENER, TSYNC_ESRCH, WAIT_KILLABLE_RECV } as const;

/** True when a rule hands calls to a listener. */
export function hasListener(profile: Seccomp): boolean {
  return (profile.syscalls ?? []).some(({ action }) => action === 'SCMP_ACT_NOTIFY');
}

/**
 * The flags argument of seccomp(2). A profile that names none gets SPEC_ALLOW, as with runc: the store bypass mitigation
 * costs much and helps little. TSYNC changes nothing, init has one thread; with a listener it needs TSYNC_ESRCH.
 */
export function readSeccompFlags(profile: Seccomp, pointer: string, builder: PlanBuilder): number {
  let flags = profile.flags === undefined ? SPEC_ALLOW : 0;
  (profile.flags ?? []).forEach((name, i) => {
    flags |= builder.lookUp(seccompFlags, name, 'seccomp flag', `${pointer}/flags/${i}`) ?? 0;
  });
  if (!hasListener(profile)) return flags & ~WAIT_KILLABLE_RECV;
  return flags | NEW_LISTENER | (flags & TSYNC ? TSYNC_ESRCH : 0);
}
