import type { Seccomp } from '../config/spec.js';
import type { PlanBuilder } from './builder.js';

/** SECCOMP_FILTER_FLAG_* (include/uapi/linux/seccomp.h). */
export const seccompFlags: Readonly<Record<string, number>> = {
  SECCOMP_FILTER_FLAG_TSYNC: 1 << 0,
  SECCOMP_FILTER_FLAG_LOG: 1 << 1,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 1 << 2,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 1 << 5,
};

export const SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3;
const SECCOMP_FILTER_FLAG_TSYNC_ESRCH = 1 << 4;

/** True when a rule hands calls to a listener. */
export function hasListener(profile: Seccomp): boolean {
  return (profile.syscalls ?? []).some(({ action }) => action === 'SCMP_ACT_NOTIFY');
}

/**
 * The flags argument of seccomp(2). A profile that names none gets SPEC_ALLOW, as with runc: the store bypass mitigation
 * costs much and helps little. TSYNC changes nothing, init has one thread; with a listener it needs TSYNC_ESRCH.
 */
export function readSeccompFlags(profile: Seccomp, pointer: string, builder: PlanBuilder): number {
  let flags = 0;
  if (profile.flags === undefined) flags = 1 << 2;
  (profile.flags ?? []).forEach((name, i) => {
    const flag = Object.hasOwn(seccompFlags, name) ? seccompFlags[name] : undefined;
    if (flag === undefined) {
      builder.problem(
        'config',
        `${pointer}/flags/${i}`,
        `unknown seccomp flag ${JSON.stringify(name)}`,
        `one of ${Object.keys(seccompFlags).join(', ')}`,
      );
    } else flags |= flag;
  });
  if (hasListener(profile)) {
    flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
    if (flags & 1) flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
  } else flags &= ~(1 << 5);
  return flags;
}
