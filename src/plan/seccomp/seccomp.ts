/** linux.seccomp: compiles a profile to the BPF program that init loads. */
import { joinBytes } from '../../base/bytes.js';
import { ENOSYS, EPERM } from '../../base/errno.js';
import { TsruncError } from '../../base/error.js';
import type { Seccomp, SeccompSyscall } from '../../config/spec.js';
import type { Native, SeccompRule } from '../../native/native.js';
import { type NameTable, numberOf, unknownName } from '../steps/name-table.js';
import { assemble, fallThrough, type Instruction } from './bpf.js';
import { enosysStub, type NewestSyscall } from './enosys-stub.js';
import { beyondOwnNumbers, newestSyscalls, unifiedNumber } from './newest-syscall.js';
import { rulesByNumber } from './seccomp-by-number.js';
import { splitComparisons } from './seccomp-comparisons.js';
import {
  NUMBER_MASK,
  nativeArchitecture,
  seccompActions,
  seccompArchitectures,
  seccompOperators,
} from './seccomp-numbers.js';
import { splitRules, strictness } from './seccomp-strictest.js';

/** A profile in numbers, as Native.seccompCompile takes it. */
export interface SeccompArguments {
  defaultAction: number;
  architectures: number[];
  rules: SeccompRule[];
}

/** The program for the `seccomp` step, and what of the profile isn't in it. */
export interface CompiledSeccomp {
  /** An array of struct sock_filter. */
  program: Uint8Array;
  /** System calls that neither libseccomp nor our table knows: they are left out, as the specification allows. */
  unknown: string[];
}

function lookUp(table: NameTable, name: string, what: string, pointer: string): number {
  const number = numberOf(table, name);
  if (number === undefined) throw unknownName(table, name, what, pointer);
  return number;
}

/** An action with the errno that it carries: EPERM unless the profile gives one (config-linux.md, errnoRet). */
function actionNumber(name: string, errnoRet: number | undefined, pointer: string): number {
  const action = lookUp(seccompActions, name, 'seccomp action', pointer);
  const withNumber = name === 'SCMP_ACT_ERRNO' || name === 'SCMP_ACT_TRACE';
  return (withNumber ? action | ((errnoRet ?? EPERM) & NUMBER_MASK) : action) >>> 0;
}

/**
 * Translates a profile for libseccomp, which takes only one condition for each argument in a rule. If a rule has
 * several on the same argument, each condition becomes a rule of its own, so that any of them is enough: runc does so
 * and profiles expect it.
 * @throws TsruncError 'config' for an unknown action, operator or architecture
 */
export function seccompArguments(profile: Seccomp): SeccompArguments {
  const pointer = '/linux/seccomp';
  const defaultAction = actionNumber(profile.defaultAction, profile.defaultErrnoRet, `${pointer}/defaultAction`);
  const architectures = (profile.architectures ?? []).map((name, i) =>
    lookUp(seccompArchitectures, name, 'architecture', `${pointer}/architectures/${i}`),
  );
  const rules = (profile.syscalls ?? []).flatMap((rule, i) => rulesOf(rule, `${pointer}/syscalls/${i}`));
  return { defaultAction, architectures, rules };
}

function rulesOf(rule: SeccompSyscall, pointer: string): SeccompRule[] {
  const action = actionNumber(rule.action, rule.errnoRet, `${pointer}/action`);
  const args = (rule.args ?? []).map(({ index, op, value, valueTwo }, i) => ({
    index,
    op: lookUp(seccompOperators, op, 'operator', `${pointer}/args/${i}/op`),
    value: String(value),
    valueTwo: String(valueTwo ?? 0),
  }));
  const twice = new Set(args.map(({ index }) => index)).size < args.length;
  if (twice) return args.map((arg) => ({ action, syscalls: rule.names, args: [arg] }));
  return [{ action, syscalls: rule.names, args }];
}

/**
 * False if the default action lets unknown calls through, leaves the answer to a tracer, or fails with ENOSYS
 * already.
 */
function wantsStub(profile: Seccomp): boolean {
  if (profile.defaultAction === 'SCMP_ACT_ERRNO' && profile.defaultErrnoRet === ENOSYS) return false;
  return !['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE'].includes(profile.defaultAction);
}

/**
 * Compiles a profile to the program for the `seccomp` step. It consists of parts, each of which goes on with the next
 * if it has no answer: ENOSYS for calls newer than the profile, rules for calls newer than libseccomp, the stricter
 * rules of calls that also have looser ones, and libseccomp's program for everything else.
 * @throws TsruncError 'config' for unknown names; 'unsupported' for a restriction that can't be expressed; 'system' if
 * libseccomp refuses a rule
 */
export function compileSeccomp(native: Native, profile: Seccomp): CompiledSeccomp {
  const { defaultAction, architectures, rules } = seccompArguments(profile);
  const { main, stricter } = splitRules(rules);
  const machine = native.uname()[4] ?? '';
  const littleEndian = !/^(s390|ppc$|ppc64$|mips$|parisc)/.test(machine);
  const allow = seccompActions.SCMP_ACT_ALLOW!;
  const unknown = new Set<string>();
  const compile = (otherwise: number, some: SeccompRule[]): Uint8Array => {
    const compiled = native.seccompCompile(otherwise, architectures, some);
    for (const name of compiled.unknown) unknown.add(name);
    return compiled.program;
  };
  const [rest = [], ...apart] = splitComparisons(main);
  const last = compile(defaultAction, rest);
  const programs = [
    ...stricter.flatMap(splitComparisons).map((some) => fallThrough(compile(allow, some), allow, littleEndian)),
    ...apart.map((some) => fallThrough(compile(defaultAction, some), defaultAction, littleEndian)),
    last,
  ];

  const own = nativeArchitecture(machine);
  const added: Instruction[] = [];
  if (own !== undefined) {
    const byNumber = rulesByNumber([...unknown], rules, new Set([own, ...(profile.architectures ?? [])]));
    for (const name of byNumber.known) unknown.delete(name);
    if (wantsStub(profile)) {
      const names = new Set((profile.syscalls ?? []).flatMap((rule) => rule.names));
      for (const name of unknown) names.delete(name);
      const newest = newestSyscalls(names, own, (number) => native.syscallName(number));
      added.push(...enosysStub(newestPerArch(profile, own, newest)));
    }
    added.push(...byNumber.program);
  }
  refuseLost(profile, defaultAction, unknown);
  if (added.length > 0) programs.unshift(assemble(added, littleEndian));
  return { program: joinBytes(programs), unknown: [...unknown] };
}

/**
 * Throws if the filter would lack a rule for an existing call that is stricter than the action it would get instead.
 */
function refuseLost({ syscalls }: Seccomp, defaultAction: number, unknown: ReadonlySet<string>): void {
  for (const [i, rule] of (syscalls ?? []).entries()) {
    const name = rule.names.find((one) => unknown.has(one) && unifiedNumber(one, '') !== undefined);
    if (name === undefined || strictness(seccompActions[rule.action]!) >= strictness(defaultAction)) continue;
    throw new TsruncError('unsupported', `libseccomp doesn't know ${name} yet: its arguments can't be compared`, {
      pointer: `/linux/seccomp/syscalls/${i}`,
      hint: 'leave args out, or use a newer libseccomp',
    });
  }
}

/** One entry for each architecture that the kernel tells apart; x32 goes into x86-64's. */
function newestPerArch(
  profile: Seccomp,
  own: string,
  newest: (architecture: string) => number | undefined,
): NewestSyscall[] {
  const names = new Set([own, ...(profile.architectures ?? [])]);
  const list: NewestSyscall[] = [];
  for (const name of names) {
    const number = newest(name);
    if (name === 'SCMP_ARCH_X32' || number === undefined) continue;
    const arch = seccompArchitectures[name]!;
    const entry: NewestSyscall = { arch, newest: number, beyond: beyondOwnNumbers(name) };
    if (name === 'SCMP_ARCH_X86_64' && names.has('SCMP_ARCH_X32')) entry.newestX32 = newest('SCMP_ARCH_X32')!;
    list.push(entry);
  }
  return list;
}
