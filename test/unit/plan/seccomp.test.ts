import t from 'tap';
import { joinBytes } from '../../../src/base/bytes.js';
import type { Seccomp } from '../../../src/config/spec.js';
import type { Native, SeccompRule } from '../../../src/native/native.js';
import { supportedSeccompActions, supportedSeccompFlags } from '../../../src/plan/features.js';
import { answer, assemble, fallThrough, ifEqual, load, NR } from '../../../src/plan/seccomp/bpf.js';
import { enosysStub } from '../../../src/plan/seccomp/enosys-stub.js';
import { newestSyscalls } from '../../../src/plan/seccomp/newest-syscall.js';
import { compileSeccomp, seccompArguments } from '../../../src/plan/seccomp/seccomp.js';
import { nativeArchitecture, seccompArchitectures } from '../../../src/plan/seccomp/seccomp-numbers.js';
import { seccompSummary } from '../../../src/plan/seccomp/seccomp-summary.js';
import { problemsOf } from '../../helpers/plan-helpers.js';
import { runFilter } from '../../helpers/run-filter.js';

const X86_64 = seccompArchitectures.SCMP_ARCH_X86_64!;
const X86 = seccompArchitectures.SCMP_ARCH_X86!;
const ENOSYS = 0x00050026;
const ALLOW = 0x7fff0000;

/** `ret ALLOW`, in place of libseccomp's filter. */
const allow = Uint8Array.of(6, 0, 0, 0, 0, 0, 0xff, 0x7f);

const run = (filter: Uint8Array, arch: number, number: number): number => runFilter(filter, { arch, number });

const X32_BIT = 0x40000000;
const ARM = seccompArchitectures.SCMP_ARCH_ARM!;

t.test('the stub answers what is newer, and nothing else', (t) => {
  const stub = enosysStub([
    { arch: X86_64, newest: 450, beyond: X32_BIT },
    { arch: X86, newest: 400, beyond: X32_BIT },
    { arch: ARM, newest: 440, beyond: 0xf0000 },
  ]);
  const filter = joinBytes([assemble(stub, true), allow]);
  t.equal(run(filter, X86_64, 450), ALLOW);
  t.equal(run(filter, X86_64, 451), ENOSYS);
  t.equal(run(filter, X86, 400), ALLOW);
  t.equal(run(filter, X86, 401), ENOSYS);
  t.equal(run(filter, 0xc00000b7, 9999), ALLOW, "an architecture that is not in the profile is the filter's affair");
  t.equal(run(filter, X86_64, X86), ALLOW, 'a number that looks like an architecture');
  t.equal(run(filter, ARM, 441), ENOSYS);
  t.equal(run(filter, ARM, 0xf0005), ALLOW, 'set_tls is no newer call');
  for (const arch of [X86_64, X86, ARM]) {
    t.equal(run(filter, arch, -1), ALLOW, 'nor is -1');
    t.equal(run(filter, arch, 0x80000000), ALLOW);
  }
  for (const number of [X32_BIT, X32_BIT | 39, 0x7fffffff]) {
    t.equal(run(filter, X86_64, number), ALLOW, 'x32 is another ABI, not a newer call');
  }
  t.end();
});

t.test('x32 beside x86-64', (t) => {
  const stub = enosysStub([{ arch: X86_64, newest: 450, beyond: X32_BIT, newestX32: X32_BIT + 547 }]);
  const filter = joinBytes([assemble(stub, true), allow]);
  t.equal(run(filter, X86_64, 450), ALLOW);
  t.equal(run(filter, X86_64, 451), ENOSYS);
  t.equal(run(filter, X86_64, 0x3fffffff), ENOSYS);
  t.equal(run(filter, X86_64, X32_BIT + 547), ALLOW);
  t.equal(run(filter, X86_64, X32_BIT + 548), ENOSYS);
  t.equal(run(filter, X86_64, 0x7fffffff), ENOSYS);
  t.equal(run(filter, X86_64, 0x80000000), ALLOW);
  t.equal(run(filter, X86_64, -1), ALLOW);
  t.end();
});

t.test('programs that go on instead of ending', (t) => {
  const errno = 0x00050007;
  const first = assemble([load(NR), ifEqual(5, 0, 1), answer(errno), answer(ALLOW)], true);
  const log = assemble([answer(0x7ffc0000)], true);
  const joined = joinBytes([fallThrough(first, ALLOW, true), log]);
  t.equal(run(joined, X86_64, 5), errno);
  t.equal(run(joined, X86_64, 6), 0x7ffc0000);
  t.equal(joinBytes([log]), log);
  t.end();
});

t.test('big endian', (t) => {
  t.same([...assemble(enosysStub([]), false)], [0, 0x20, 0, 0, 0, 0, 0, 4]);
  t.end();
});

t.test('the newest system call of a profile', (t) => {
  const none = () => '';
  const of = (names: string[], arch: string, nameOf: (number: number) => string = none) =>
    newestSyscalls(new Set(names), 'SCMP_ARCH_X86_64', nameOf)(arch);
  t.equal(of(['read', 'clone3', 'openat2'], 'SCMP_ARCH_X86_64'), 437);
  t.equal(of(['clone3'], 'SCMP_ARCH_X86'), 435, 'the same everywhere');
  t.equal(of(['clone3'], 'SCMP_ARCH_MIPS64'), 5435);
  t.equal(of(['file_setattr'], 'SCMP_ARCH_X86_64'), 469);
  t.equal(of(['rseq', 'futex_time64'], 'SCMP_ARCH_X86'), 422);
  t.equal(of(['rseq', 'getrandom'], 'SCMP_ARCH_X86'), 386);
  t.equal(of(['rseq'], 'SCMP_ARCH_ARM'), 398);
  t.equal(of(['read'], 'SCMP_ARCH_X86'), undefined, 'not known');
  t.equal(
    of(['read'], 'SCMP_ARCH_X86_64', (number) => (number === 0 ? 'read' : '')),
    0,
  );
  t.equal(
    of(['new_one', 'clone3'], 'SCMP_ARCH_X86_64', (number) => (number === 500 ? 'new_one' : '')),
    500,
  );
  t.equal(of(['clone3'], 'SCMP_ARCH_X32'), 0x40000000 + 547, 'x32 has its own up to 547');
  t.end();
});

t.test('a profile as libseccomp takes it', (t) => {
  const profile: Seccomp = {
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    syscalls: [
      { names: ['a', 'b'], action: 'SCMP_ACT_ALLOW' },
      { names: ['c'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
      { names: ['d'], action: 'SCMP_ACT_TRACE' },
      {
        names: ['e'],
        action: 'SCMP_ACT_KILL_PROCESS',
        args: [{ index: 0, op: 'SCMP_CMP_MASKED_EQ', value: 2114060288n, valueTwo: 0 }],
      },
      {
        names: ['f'],
        action: 'SCMP_ACT_ALLOW',
        args: [
          { index: 0, op: 'SCMP_CMP_EQ', value: 0 },
          { index: 0, op: 'SCMP_CMP_EQ', value: 8 },
        ],
      },
      {
        names: ['g'],
        action: 'SCMP_ACT_ALLOW',
        args: [
          { index: 0, op: 'SCMP_CMP_NE', value: 1 },
          { index: 1, op: 'SCMP_CMP_GT', value: 2 },
        ],
      },
    ],
  };
  const { defaultAction, architectures, rules } = seccompArguments(profile);
  t.equal(defaultAction, 0x00050001, 'EPERM by default');
  t.same(architectures, [0xc000003e, 0x40000003]);
  t.same(
    rules.map(({ action }) => action),
    [ALLOW, 0x00050026, 0x7ff00001, 0x80000000, ALLOW, ALLOW, ALLOW],
  );
  t.same(rules[3]?.args, [{ index: 0, op: 7, value: '2114060288', valueTwo: '0' }]);
  t.same(
    rules.slice(4, 6).map(({ args }) => args.length),
    [1, 1],
    'either value of one argument',
  );
  t.equal(rules[6]?.args.length, 2, 'both conditions');
  const wrong = () => seccompArguments({ defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_Z80'] });
  t.match(problemsOf(wrong), [/config \/linux\/seccomp\/architectures\/0: .*Z80/]);
  t.end();
});

/** libseccomp that knows every name but `unheard_of`. */
function native(machine: string): { native: Native; calls: SeccompRule[][] } {
  const calls: SeccompRule[][] = [];
  const fake = {
    seccompCompile: (_action: number, _architectures: number[], rules: SeccompRule[]) => {
      calls.push(rules);
      return { program: allow, unknown: ['unheard_of'] };
    },
    uname: () => ['Linux', 'host', '6.18.0', '#1', machine],
    syscallName: () => '',
  };
  return { native: fake as unknown as Native, calls };
}

t.test('compiling', (t) => {
  const rule = { names: ['clone3', 'unheard_of'], action: 'SCMP_ACT_ALLOW' };
  const compile = (profile: Partial<Seccomp>, machine = 'x86_64') =>
    compileSeccomp(native(machine).native, { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [rule], ...profile });
  const { program, unknown } = compile({});
  t.same(unknown, ['unheard_of']);
  t.equal(run(program, X86_64, 435), ALLOW);
  t.equal(run(program, X86_64, 436), ENOSYS);
  t.same(compile({ defaultAction: 'SCMP_ACT_ALLOW' }).program, allow);
  t.same(compile({ defaultAction: 'SCMP_ACT_TRACE' }).program, allow);
  t.same(compile({ defaultErrnoRet: 38 }).program, allow, 'ENOSYS is the answer anyway');
  t.same(compile({}, 'vax').program, allow);
  const wide = compile({ architectures: ['SCMP_ARCH_X32', 'SCMP_ARCH_X86'] }).program;
  t.equal(run(wide, X86_64, 0x40000000 + 520), ALLOW);
  t.equal(run(wide, X86, 436), ENOSYS);
  t.end();
});

/** The rule whose action is default is left out, as by the true one; a name it doesn't know is left out too. */
function nativeOf(unknown: string[]) {
  const calls: { defaultAction: number; rules: SeccompRule[] }[] = [];
  const fake = {
    seccompCompile: (defaultAction: number, _architectures: number[], rules: SeccompRule[]) => {
      calls.push({ defaultAction, rules });
      const named = rules.flatMap(({ syscalls }) => syscalls);
      return {
        program: assemble([answer(defaultAction)], true),
        unknown: named.filter((name) => unknown.includes(name)),
      };
    },
    uname: () => ['Linux', 'host', '6.18.0', '#1', 'x86_64'],
    syscallName: () => '',
  };
  return { native: fake as unknown as Native, calls };
}

t.test('the strictest rule of a call decides: it is compiled by itself, and asked first', (t) => {
  const args = [{ index: 0, op: 'SCMP_CMP_EQ', value: 5 }];
  const { native, calls } = nativeOf([]);
  compileSeccomp(native, {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      { names: ['read', 'ptrace', 'bpf', 'kcmp'], action: 'SCMP_ACT_ALLOW' },
      { names: ['ptrace', 'mount'], action: 'SCMP_ACT_KILL_PROCESS', args },
      { names: ['bpf'], action: 'SCMP_ACT_ERRNO' },
      { names: ['kcmp', 'bpf'], action: 'SCMP_ACT_LOG' },
      { names: ['mount'], action: 'SCMP_ACT_KILL_PROCESS' },
      { names: ['setns'], action: 'SCMP_ACT_ERRNO', errnoRet: 22 },
      { names: ['setns'], action: 'SCMP_ACT_ERRNO', errnoRet: 23 },
    ],
  });
  t.same(
    calls.map(({ defaultAction, rules }) => [defaultAction, rules.map(({ syscalls }) => syscalls.join(' '))]),
    [
      [0x00050001, ['read ptrace bpf kcmp', 'mount', 'mount', 'setns', 'setns']],
      [ALLOW, ['ptrace']],
      [ALLOW, ['bpf']],
      [ALLOW, ['kcmp bpf']],
    ],
  );
  t.equal(calls[1]?.rules[0]?.args.length, 1);
  t.end();
});

t.test('calls newer than libseccomp get their rules by number', (t) => {
  const compile = (profile: Partial<Seccomp>) =>
    compileSeccomp(nativeOf(['mseal', 'listmount', 'unheard_of']).native, {
      defaultAction: 'SCMP_ACT_ALLOW',
      architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
      ...profile,
    });
  const errno = { action: 'SCMP_ACT_ERRNO', errnoRet: 9 };
  const { program, unknown } = compile({
    syscalls: [
      { names: ['mseal', 'unheard_of', 'read'], ...errno },
      { names: ['mseal'], action: 'SCMP_ACT_LOG' },
    ],
  });
  t.same(unknown, ['unheard_of']);
  for (const [arch, number] of [
    [X86_64, 462],
    [X86, 462],
    [X86_64, X32_BIT + 462],
  ] as const) {
    t.equal(run(program, arch, number), 0x00050009);
    t.equal(run(program, arch, number + 1), ALLOW);
  }
  t.equal(run(program, ARM, 462), ALLOW);
  const allowed = compile({
    defaultAction: 'SCMP_ACT_KILL',
    syscalls: [{ names: ['mseal'], action: 'SCMP_ACT_ALLOW' }],
  });
  t.equal(run(allowed.program, X86_64, 462), ALLOW);
  t.equal(run(allowed.program, X86_64, 463), ENOSYS, 'the newest that the profile knows');
  t.equal(run(allowed.program, X86_64, 461), 0, 'killed');

  const args = [{ index: 0, op: 'SCMP_CMP_EQ', value: 5 }];
  t.match(
    problemsOf(() =>
      compile({
        syscalls: [
          { names: ['read'], ...errno },
          { names: ['listmount'], ...errno, args },
        ],
      }),
    ),
    [/unsupported \/linux\/seccomp\/syscalls\/1: .*listmount/],
    'a restriction that is asked for is not left out',
  );
  const looser = {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [{ names: ['listmount'], action: 'SCMP_ACT_ALLOW', args }],
  };
  t.same(compile(looser).unknown, ['listmount'], 'leaving this out opens nothing');
  t.end();
});

t.test('machines and features', (t) => {
  t.equal(nativeArchitecture('aarch64'), 'SCMP_ARCH_AARCH64');
  t.equal(nativeArchitecture('armv7l'), 'SCMP_ARCH_ARM');
  t.equal(nativeArchitecture('i686'), 'SCMP_ARCH_X86');
  t.equal(nativeArchitecture('vax'), undefined);
  t.same(supportedSeccompFlags(0b110), ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW']);
  t.same(supportedSeccompActions(0b10000010), ['SCMP_ACT_ALLOW', 'SCMP_ACT_KILL', 'SCMP_ACT_KILL_THREAD']);
  t.equal(seccompSummary({ defaultAction: 'SCMP_ACT_LOG' }), 'SCMP_ACT_LOG by default, 0 rules for 0 system calls');
  t.end();
});
