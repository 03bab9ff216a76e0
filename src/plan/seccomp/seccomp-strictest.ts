import type { SeccompRule } from '../../native/native.js';
import { ACTION_MASK } from './seccomp-numbers.js';

/**
 * Rules that want different things of one system call. libseccomp keeps the one without conditions, or the one that comes first,
 * and drops the rest without a word: "allow, but kill with this flag" would be "allow". Here the strictest of the rules that
 * hold for a call decides, as the kernel decides between several filters.
 */

export interface SplitRules {
  /** All, but for the stricter rules of a system call that has looser ones too. */
  readonly main: SeccompRule[];
  /** Those, a list for each action, the strictest first. */
  readonly stricter: SeccompRule[][];
}

/** The kernel's order of actions (seccomp(2)), the strictest first: as signed numbers, without what they carry. */
export function strictness(action: number): number {
  return (action & ACTION_MASK) | 0;
}

/** Splits a profile's rules. Most profiles have one action for each system call: nothing is split then. */
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
