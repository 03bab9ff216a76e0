/** linux.seccomp.flags: the flags with which the filter is loaded. */
import type { Seccomp } from '../../config/spec.js';
import type { PlanBuilder } from '../steps/builder.js';
import type { NameTable } from '../steps/name-table.js';

/** SECCOMP_FILTER_FLAG_* without that prefix: include/uapi/linux/seccomp.h. */
export const allSeccompFlags = {
  TSYNC: 1 << 0,
  LOG: 1 << 1,
  SPEC_ALLOW: 1 << 2,
  NEW_LISTENER: 1 << 3,
  TSYNC_ESRCH: 1 << 4,
  WAIT_KILLABLE_RECV: 1 << 5,
} as const;

const { TSYNC, SPEC_ALLOW, NEW_LISTENER, TSYNC_ESRCH, WAIT_KILLABLE_RECV } = allSeccompFlags;

/** The flags that a profile may name: not those that decide how the descriptor of a listener is returned. */
export const seccompFlags: NameTable = Object.fromEntries(
  Object.entries(allSeccompFlags)
    .filter(([, flag]) => flag !== NEW_LISTENER && flag !== TSYNC_ESRCH)
    .map(([name, flag]) => [`SECCOMP_FILTER_FLAG_${name}`, flag]),
);

/** True if a rule hands system calls to a listener (SCMP_ACT_NOTIFY). */
export function hasListener(profile: Seccomp): boolean {
  return (profile.syscalls ?? []).some(({ action }) => action === 'SCMP_ACT_NOTIFY');
}

/**
 * The flags for seccomp(2). A profile without `flags` gets SPEC_ALLOW, as with runc: the mitigation of speculative
 * store bypass costs much and helps little. TSYNC has no effect, since init has one thread, but the kernel accepts it
 * with a listener only together with TSYNC_ESRCH. Unknown names are noted as problems.
 * @param pointer JSON pointer of the profile
 */
export function readSeccompFlags(profile: Seccomp, pointer: string, builder: PlanBuilder): number {
  let flags = profile.flags === undefined ? SPEC_ALLOW : 0;
  (profile.flags ?? []).forEach((name, i) => {
    flags |= builder.lookUp(seccompFlags, name, 'seccomp flag', `${pointer}/flags/${i}`) ?? 0;
  });
  if (!hasListener(profile)) return flags & ~WAIT_KILLABLE_RECV;
  return flags | NEW_LISTENER | (flags & TSYNC ? TSYNC_ESRCH : 0);
}
