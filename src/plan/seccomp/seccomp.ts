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
import { nativeArchitecture, seccompActions, seccompArchitectures, seccompOperators } from './seccomp-numbers.js';
import { splitRules, strictness } from './seccomp-strictest.js';

/** Everything that Native.seccompCompile takes. */
export interface SeccompArguments {
  defaultAction: number;
  architectures: number[];
  rules: SeccompRule[];
}

export interface CompiledSeccomp {
  /** struct sock_filter[]. */
  program: Uint8Array;
  /** Names that neither libseccomp nor we know: left out, as the specification allows. */
  unknown: string[];
}

function lookUp(table: NameTable, name: string, what: string, pointer: string): number {
  const number = numberOf(table, name);
  if (number === undefined) throw unknownName(table, name, what, pointer);
  return number;
}

/** An action with its number: EPERM unless the profile says otherwise (config-linux.md, errnoRet). */
function actionNumber(name: string, errnoRet: number | undefined, pointer: string): number {
  const action = lookUp(seccompActions, name, 'seccomp action', pointer);
  const withNumber = name === 'SCMP_ACT_ERRNO' || name === 'SCMP_ACT_TRACE';
  return (withNumber ? action | ((errnoRet ?? EPERM) & 0xffff) : action) >>> 0;
}

/**
 * A profile as libseccomp takes it. Conditions on the same argument can't be joined by "and" there: each becomes a rule of its own,
 * so that any of them is enough, which is what runc does and profiles expect.
 * @throws TsruncError 'config' for a name that is in no table.
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

/** False for default actions that let unknown calls through, or leave the answer to a tracer, and where ENOSYS is it already. */
function wantsStub(profile: Seccomp): boolean {
  if (profile.defaultAction === 'SCMP_ACT_ERRNO' && profile.defaultErrnoRet === ENOSYS) return false;
  return !['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE'].includes(profile.defaultAction);
}

/**
 * Compiles a profile to the filter for the `seccomp` step. In this order, each going on with the next where it has no answer:
 * ENOSYS for what is newer than the profile, rules for calls newer than libseccomp, stricter rules of calls that have looser
 * ones too, and libseccomp's program for all the rest.
 * @throws TsruncError 'config' for unknown names; 'unsupported' for a restriction that can't be made; 'system' when libseccomp
 * refuses a rule.
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

/** Of a call that exists, no rule that is stricter than what is done otherwise may be left out. */
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
