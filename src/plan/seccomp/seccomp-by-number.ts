/**
 * Rules for system calls that are newer than libseccomp, but that our own table knows: we write their instructions
 * ourselves, for every architecture. If such a rule were left out, as other users of libseccomp do, a call that the
 * profile forbids could be allowed.
 */
import type { SeccompRule } from '../../native/native.js';
import { ARCH, answer, end, type Instruction, ifEqual, jump, load, NR, withEnd } from './bpf.js';
import { unifiedNumber } from './newest-syscall.js';
import { seccompArchitectures } from './seccomp-numbers.js';
import { strictness } from './seccomp-strictest.js';

/**
 * Writes the rules for calls by number.
 * @param names the calls that libseccomp doesn't know; those without a number in our table, and those with conditions
 * on arguments, are skipped
 * @param architectures SCMP_ARCH_*, the machine's own among them
 * @returns the instructions, and the names of the calls that they answer
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
    // In seccomp_data x32 has the architecture of x86-64; only its numbers differ.
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
