/**
 * Splits rules that libseccomp gets wrong if they are in one filter. It compares the upper and the lower half of an
 * argument separately, and merges the conditions of all rules for a system call into one tree. There some rules spoil
 * each other: comparisons of one argument by order (less, greater) with values that differ in the upper half ("refuse
 * below 2^32" and "refuse below 1" together refuse only 0), and a rule that compares several arguments, not all for
 * equality, together with any other rule on one of these arguments. In separate filters all of them work.
 */
import type { SeccompRule } from '../../native/native.js';
import { seccompOperators } from './seccomp-numbers.js';

const numbersOf = (...names: string[]): ReadonlySet<number> => new Set(names.map((name) => seccompOperators[name]!));
const byOrder = numbersOf('SCMP_CMP_LT', 'SCMP_CMP_LE', 'SCMP_CMP_GE', 'SCMP_CMP_GT');
const forEquality = numbersOf('SCMP_CMP_EQ', 'SCMP_CMP_MASKED_EQ');

/** The rules of one filter. In its fields an argument of a call is named `CALL INDEX`. */
class Together {
  readonly rules: SeccompRule[] = [];
  /** For each argument compared by order, the upper half of the value. */
  private readonly halves = new Map<string, bigint>();
  private readonly compared = new Set<string>();
  private readonly spoilt = new Set<string>();

  /** Adds the rule, or returns false if it would spoil or be spoilt by the others. */
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

/** The rules in as many lists as filters are needed: one for nearly all profiles. */
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
