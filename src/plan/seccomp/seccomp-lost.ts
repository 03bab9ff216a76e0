import { isStricter } from '../../config/seccomp-strictness.js';
import type { Seccomp } from '../../config/spec.js';

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
  if (unknown.length === 0) return [];
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
