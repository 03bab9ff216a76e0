/** Finds restrictions of a profile that would be lost because libseccomp doesn't know the system call. */
import { isStricter } from '../../config/seccomp-strictness.js';
import type { Seccomp } from '../../config/spec.js';

/**
 * True if a rule of the profile is stricter than the default action. Only such rules are missed if libseccomp doesn't
 * know their calls. Unknown names in lists of allowed calls are harmless and common: the default profile of every
 * engine has some that an older libseccomp, or this machine's architecture, doesn't have.
 */
export function restricts({ syscalls, defaultAction }: Seccomp): boolean {
  return (syscalls ?? []).some(({ action }) => isStricter(action, defaultAction));
}

/** A system call that the filter would treat less strictly than the profile says. */
export interface LostCall {
  readonly name: string;
  readonly pointer: string;
}

/**
 * Of the names that libseccomp doesn't know, those in rules that are stricter than the default action, which would
 * apply to them.
 * @param pointer JSON pointer of the profile
 * @returns each name once, with the JSON pointer of its first place
 */
export function lostCalls(
  { syscalls, defaultAction }: Seccomp,
  unknown: readonly string[],
  pointer: string,
): LostCall[] {
  if (unknown.length === 0) return [];
  const lost = new Map<string, string>();
  const missing = new Set(unknown);
  syscalls?.forEach(({ names, action }, i) => {
    if (!isStricter(action, defaultAction)) return;
    names.forEach((name, j) => {
      if (missing.has(name) && !lost.has(name)) lost.set(name, `${pointer}/syscalls/${i}/names/${j}`);
    });
  });
  return [...lost].map(([name, at]) => ({ name, pointer: at }));
}
