import type { SeccompRule } from '../../native/native.js';
import { ARCH, answer, end, type Instruction, ifEqual, jump, load, NR, withEnd } from './bpf.js';
import { unifiedNumber } from './newest-syscall.js';
import { seccompArchitectures } from './seccomp-numbers.js';
import { strictness } from './seccomp-strictest.js';

/**
 * System calls that are newer than libseccomp, but not than our table: what the profile says of them is done by instructions
 * of our own, on every architecture. Left out, as libseccomp's users do, a rule that forbids one would be none.
 */

/**
 * @param names what libseccomp doesn't know; the answer is for those of them that have a number and a rule without conditions.
 * @param architectures names, the machine's own among them.
 * @returns the instructions, and the names that they are for.
 */
export function rulesByNumber(
  names: readonly string[],
  rules: readonly SeccompRule[],
  architectures: ReadonlySet<string>,
): { program: Instruction[]; known: ReadonlySet<string> } {
  const actions = new Map<string, number>();
  const conditional = new Set<string>();
  for (const { action, syscalls, args } of rules) {
    for (const name of syscalls) {
      if (!names.includes(name) || unifiedNumber(name, '') === undefined) continue;
      if (args.length > 0) conditional.add(name);
      const other = actions.get(name);
      if (other === undefined || strictness(action) < strictness(other)) actions.set(name, action);
    }
  }
  for (const name of conditional) actions.delete(name);
  const known = new Set(actions.keys());
  return { program: known.size === 0 ? [] : instructions(actions, architectures), known };
}

function instructions(actions: ReadonlyMap<string, number>, architectures: ReadonlySet<string>): Instruction[] {
  const out: (Instruction | typeof end)[] = [];
  const sections = new Map<number, Instruction[]>();
  for (const architecture of architectures) {
    // x32 shows as x86-64, with numbers of its own.
    const shown = architecture === 'SCMP_ARCH_X32' ? 'SCMP_ARCH_X86_64' : architecture;
    const arch = seccompArchitectures[shown]!;
    const section = sections.get(arch) ?? [];
    for (const [name, action] of actions)
      section.push(ifEqual(unifiedNumber(name, architecture)!, 0, 1), answer(action));
    sections.set(arch, section);
  }
  for (const [arch, section] of sections) {
    out.push(load(ARCH), ifEqual(arch, 1, 0), jump(section.length + 2), load(NR), ...section, end);
  }
  return withEnd(out);
}
