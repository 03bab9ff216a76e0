import type { Seccomp } from '../config/spec.js';

/** The kernel's order: of several filters the strictest answer counts (seccomp(2)). */
const strictness: Readonly<Record<string, number>> = {
  SCMP_ACT_KILL_PROCESS: 7,
  SCMP_ACT_KILL_THREAD: 6,
  SCMP_ACT_KILL: 6,
  SCMP_ACT_TRAP: 5,
  SCMP_ACT_ERRNO: 4,
  SCMP_ACT_NOTIFY: 3,
  SCMP_ACT_TRACE: 2,
  SCMP_ACT_LOG: 1,
  SCMP_ACT_ALLOW: 0,
};

const isStricter = (action: string, than: string): boolean => (strictness[action] ?? 0) > (strictness[than] ?? 0);

/**
 * Whether a rule restricts more than the default action. Only such a rule is missed when libseccomp doesn't know its calls: of
 * lists of what is allowed every engine's default profile has names that an older libseccomp, or this machine, has not.
 */
export function restricts({ syscalls, defaultAction }: Seccomp): boolean {
  return (syscalls ?? []).some(({ action }) => isStricter(action, defaultAction));
}

/** A call that the filter lets through further than the profile says. */
export interface LostCall {
  readonly name: string;
  readonly from: string;
}

/**
 * Of the names that libseccomp doesn't know, those of rules that restrict more than the default action, which then holds.
 * @param from pointer of the profile
 */
export function lostCalls({ syscalls, defaultAction }: Seccomp, unknown: readonly string[], from: string): LostCall[] {
  const lost = new Map<string, string>();
  const missing = new Set(unknown);
  syscalls?.forEach(({ names, action }, i) => {
    if (!isStricter(action, defaultAction)) return;
    names.forEach((name, j) => {
      if (missing.has(name) && !lost.has(name)) lost.set(name, `${from}/syscalls/${i}/names/${j}`);
    });
  });
  return [...lost].map(([name, at]) => ({ name, from: at }));
}
