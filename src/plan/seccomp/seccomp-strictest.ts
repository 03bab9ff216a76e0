/**
 * Splits rules that ask for different actions for the same system call. libseccomp keeps the one without conditions,
 * or the first, and silently drops the others: "allow, but kill with this flag" would become "allow". In separate
 * filters the strictest of the rules that match a call decides, as the kernel does with several filters (seccomp(2)).
 */
import type { SeccompRule } from '../../native/native.js';
import { ACTION_MASK } from './seccomp-numbers.js';

/** The rules of a profile by the filter they go into. */
export interface SplitRules {
  /** All rules except those in `stricter`. */
  readonly main: SeccompRule[];
  /**
   * The rules that are stricter than another rule for the same call: a list for each action, the strictest action
   * first.
   */
  readonly stricter: SeccompRule[][];
}

/**
 * A number that orders actions as the kernel does (seccomp(2)): the smaller, the stricter. The order is that of
 * signed 32-bit numbers, without the data that an action carries.
 */
export function strictness(action: number): number {
  return (action & ACTION_MASK) | 0;
}

/** Splits the rules of a profile. Most profiles have only one action for each system call; then nothing is split. */
export function splitRules(rules: readonly SeccompRule[]): SplitRules {
  const loosest = new Map<string, number>();
  const contested = new Set<string>();
  for (const { action, syscalls } of rules) {
    const own = strictness(action);
    for (const name of syscalls) {
      const other = loosest.get(name);
      if (other === own) continue;
      if (other !== undefined) contested.add(name);
      if (other === undefined || own > other) loosest.set(name, own);
    }
  }
  if (contested.size === 0) return { main: [...rules], stricter: [] };
  const main: SeccompRule[] = [];
  const groups = new Map<number, SeccompRule[]>();
  for (const rule of rules) {
    const own = strictness(rule.action);
    const isStricter = (name: string): boolean => contested.has(name) && loosest.get(name) !== own;
    const strict = rule.syscalls.filter(isStricter);
    if (strict.length < rule.syscalls.length) {
      main.push({ ...rule, syscalls: rule.syscalls.filter((name) => !isStricter(name)) });
    }
    if (strict.length > 0) groups.set(own, [...(groups.get(own) ?? []), { ...rule, syscalls: strict }]);
  }
  const stricter = [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
  return { main, stricter };
}
