import type { SeccompRule } from '../../native/native.js';
import { seccompOperators } from './seccomp-numbers.js';

/**
 * Rules that libseccomp can't have in one filter. It compares the two halves of an argument, and joins the conditions of all rules of a system
 * call in one tree, where some spoil each other: comparisons of one argument by order (less, greater) whose values differ in
 * the upper half ("refuse below 2^32" and "refuse below 1" refuse 0 alone), and a rule that compares several arguments, not
 * only for equality, with any other that compares one of them. In filters of their own all of them hold.
 */

const numbersOf = (...names: string[]): ReadonlySet<number> => new Set(names.map((name) => seccompOperators[name]!));
const byOrder = numbersOf('SCMP_CMP_LT', 'SCMP_CMP_LE', 'SCMP_CMP_GE', 'SCMP_CMP_GT');
const forEquality = numbersOf('SCMP_CMP_EQ', 'SCMP_CMP_MASKED_EQ');

/** A list of rules for one filter; arguments are named `CALL INDEX`. */
class Together {
  readonly rules: SeccompRule[] = [];
  /** Upper halves of what arguments are compared with by order. */
  private readonly halves = new Map<string, bigint>();
  private readonly compared = new Set<string>();
  private readonly spoilt = new Set<string>();

  /** @returns false when it can't be with the others */
  add(rule: SeccompRule): boolean {
    const { args } = rule;
    const spoils = args.length > 1 && args.some(({ op }) => !forEquality.has(op));
    const of = args.flatMap(({ index }) => rule.syscalls.map((name) => `${name} ${index}`));
    const ordered = args.filter(({ op }) => byOrder.has(op));
    const halves = ordered.flatMap(({ index, value }) =>
      rule.syscalls.map((name) => [`${name} ${index}`, BigInt(value) >> 32n] as const),
    );
    if (of.some((one) => this.spoilt.has(one) || (spoils && this.compared.has(one)))) return false;
    if (halves.some(([one, half]) => (this.halves.get(one) ?? half) !== half)) return false;
    for (const one of of) (spoils ? this.spoilt : this.compared).add(one);
    for (const [one, half] of halves) this.halves.set(one, half);
    this.rules.push(rule);
    return true;
  }
}

/** The rules in as many lists as there have to be filters: one for nearly all profiles. */
export function splitComparisons(rules: readonly SeccompRule[]): SeccompRule[][] {
  const lists = [new Together()];
  for (const rule of rules) {
    if (lists.some((list) => list.add(rule))) continue;
    const list = new Together();
    list.add(rule);
    lists.push(list);
  }
  return lists.map((list) => list.rules);
}
