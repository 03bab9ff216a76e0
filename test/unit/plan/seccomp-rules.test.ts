/** Random profiles: what the compiled filter answers is what the rules say, whatever libseccomp makes of several of them. */
import t from 'tap';
import { ENOSYS } from '../../../src/base/errno.js';
import type { Seccomp, SeccompArg, SeccompSyscall } from '../../../src/config/spec.js';
import { nodeNative } from '../../../src/hosts/node/host.js';
import { compileSeccomp } from '../../../src/plan/seccomp/seccomp.js';
import { nativeArchitecture, seccompActions, seccompArchitectures } from '../../../src/plan/seccomp/seccomp-numbers.js';
import { strictness } from '../../../src/plan/seccomp/seccomp-strictest.js';
import { runFilter } from '../../helpers/run-filter.js';
import { notEmulated } from '../../helpers/when.js';

const native = nodeNative();
const arch = seccompArchitectures[nativeArchitecture(native.uname()[4] ?? '') ?? ''] ?? 0;
const names = ['personality', 'ioctl'];
const numberOf = (name: string): number => {
  for (let number = 0; number < 500; number++) if (native.syscallName(number) === name) return number;
  throw new Error(name);
};
const numbers = names.map(numberOf);

const high = 2n ** 32n;
const values = [0n, 1n, 2n, high - 1n, high, high + 1n, 2n * high, 2n ** 63n, 2n ** 64n - 1n];

const compare: Record<string, (arg: bigint, value: bigint, two: bigint) => boolean> = {
  SCMP_CMP_NE: (arg, value) => arg !== value,
  SCMP_CMP_LT: (arg, value) => arg < value,
  SCMP_CMP_LE: (arg, value) => arg <= value,
  SCMP_CMP_EQ: (arg, value) => arg === value,
  SCMP_CMP_GE: (arg, value) => arg >= value,
  SCMP_CMP_GT: (arg, value) => arg > value,
  SCMP_CMP_MASKED_EQ: (arg, value, two) => (arg & value) === two,
};

/** Numerical Recipes' generator: the same profiles in each run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / high32) * below);
  };
}
const high32 = 2 ** 32;

/** All of the conditions, or any of them where an argument is compared twice: as runc does. */
function holds({ args = [] }: SeccompSyscall, given: readonly bigint[]): boolean {
  const one = ({ index, op, value, valueTwo = 0 }: SeccompArg): boolean =>
    compare[op]!(given[index]!, BigInt(value), BigInt(valueTwo));
  if (args.length === 0) return true;
  const twice = new Set(args.map(({ index }) => index)).size < args.length;
  return twice ? args.some(one) : args.every(one);
}

function expected(profile: Seccomp, name: string, given: readonly bigint[]): number {
  const rules = (profile.syscalls ?? []).filter((rule) => rule.names.includes(name) && holds(rule, given));
  const answers = rules.map(({ action, errnoRet }) => number(action, errnoRet));
  answers.sort((a, b) => strictness(a) - strictness(b));
  return answers[0] ?? number(profile.defaultAction, profile.defaultErrnoRet);
}

function number(action: string, errnoRet: number | undefined): number {
  return (action === 'SCMP_ACT_ERRNO' ? seccompActions[action]! | (errnoRet ?? 1) : seccompActions[action]!) >>> 0;
}

function profileOf(random: (below: number) => number): Seccomp {
  const one = <T>(list: readonly T[]): T => list[random(list.length)]!;
  const arg = (): SeccompArg => {
    const op = one(Object.keys(compare)) as SeccompArg['op'];
    const value = one(values);
    const valueTwo = op === 'SCMP_CMP_MASKED_EQ' ? value & one(values) : 0n;
    return { index: random(2), op, value, valueTwo } as unknown as SeccompArg;
  };
  const rule = (): SeccompSyscall => ({
    names: random(4) === 0 ? names : [one(names.slice(random(2)))],
    action: one(['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO', 'SCMP_ACT_KILL_PROCESS', 'SCMP_ACT_LOG'] as const),
    args: Array.from({ length: one([0, 1, 1, 2, 2, 2, 3]) }, arg),
  });
  return {
    defaultAction: one(['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO'] as const),
    // No stub for newer calls then.
    defaultErrnoRet: ENOSYS,
    syscalls: Array.from({ length: 1 + random(4) }, rule),
  };
}

// libseccomp asks the kernel whether it has an action.
const skip = notEmulated('it does not pass seccomp(2) on');
t.test('what the rules say is what the filter answers', { skip }, async (t) => {
  const random = generator(Number(process.env.TSRUNC_SEED ?? 1));
  const wrong: string[] = [];
  const count = Number(process.env.TSRUNC_PROFILES ?? 1500);
  for (let i = 0; i < count; i++) {
    const profile = profileOf(random);
    const { program } = compileSeccomp(native, profile);
    outer: for (const [n, name] of names.entries())
      for (const first of values)
        for (const second of values) {
          const given = [first, second];
          const is = runFilter(program, { arch, number: numbers[n]!, args: given });
          const must = expected(profile, name, given);
          if (is === must) continue;
          const text = JSON.stringify(profile, (_, value) => (typeof value === 'bigint' ? String(value) : value));
          wrong.push(`${name}(${given.join(', ')}): ${is.toString(16)} instead of ${must.toString(16)} with ${text}`);
          break outer;
        }
  }
  t.same(wrong.slice(0, 5), [], `${wrong.length} of ${count} profiles are answered otherwise`);
});
