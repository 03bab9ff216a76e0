import t from 'tap';
import type { Seccomp } from '../../src/config/spec.js';
import type { Native, SeccompRule } from '../../src/native/native.js';
import { enosysStub } from '../../src/plan/enosys-stub.js';
import { supportedSeccompActions, supportedSeccompFlags } from '../../src/plan/features.js';
import { newestSyscalls } from '../../src/plan/newest-syscall.js';
import { compileSeccomp, seccompArguments } from '../../src/plan/seccomp.js';
import { nativeArchitecture, seccompArchitectures } from '../../src/plan/seccomp-numbers.js';
import { seccompSummary } from '../../src/plan/seccomp-summary.js';
import { problemsOf } from './plan-helpers.js';

const X86_64 = seccompArchitectures.SCMP_ARCH_X86_64!;
const X86 = seccompArchitectures.SCMP_ARCH_X86!;
const ENOSYS = 0x00050026;
const ALLOW = 0x7fff0000;

/** `ret ALLOW`, in place of libseccomp's filter. */
const allow = Uint8Array.of(6, 0, 0, 0, 0, 0, 0xff, 0x7f);

/** Runs a filter of the few instructions that are used here, as the kernel would. */
function run(filter: Uint8Array, arch: number, nr: number): number {
  const view = new DataView(filter.buffer, filter.byteOffset, filter.length);
  let accumulator = 0;
  for (let at = 0; at * 8 < filter.length; at++) {
    const code = view.getUint16(at * 8, true);
    const jt = view.getUint8(at * 8 + 2);
    const jf = view.getUint8(at * 8 + 3);
    const k = view.getUint32(at * 8 + 4, true);
    if (code === 0x20) accumulator = (k === 0 ? nr : arch) >>> 0;
    else if (code === 0x06) return k;
    else if (code === 0x05) at += k;
    else if (code === 0x15) at += accumulator === k ? jt : jf;
    else if (code === 0x25) at += accumulator > k ? jt : jf;
    else if (code === 0x35) at += accumulator >= k ? jt : jf;
    else throw new Error(`instruction ${code}`);
  }
  throw new Error('no answer');
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

t.test('the stub answers what is newer, and nothing else', (t) => {
  const filter = join(
    enosysStub(
      [
        { arch: X86_64, newest: 450 },
        { arch: X86, newest: 400 },
      ],
      true,
    ),
    allow,
  );
  t.equal(run(filter, X86_64, 450), ALLOW);
  t.equal(run(filter, X86_64, 451), ENOSYS);
  t.equal(run(filter, X86, 400), ALLOW);
  t.equal(run(filter, X86, 401), ENOSYS);
  t.equal(run(filter, X86_64, 0x40000001), ENOSYS, 'x32 is newer than all');
  t.equal(run(filter, 0xc00000b7, 9999), ALLOW, "an architecture that is not in the profile is the filter's affair");
  t.equal(run(filter, X86_64, X86), ENOSYS, 'a number that looks like an architecture');
  t.end();
});

t.test('x32 beside x86-64', (t) => {
  const filter = join(enosysStub([{ arch: X86_64, newest: 450, newestX32: 0x40000000 + 547 }], true), allow);
  t.equal(run(filter, X86_64, 450), ALLOW);
  t.equal(run(filter, X86_64, 451), ENOSYS);
  t.equal(run(filter, X86_64, 0x40000000 + 547), ALLOW);
  t.equal(run(filter, X86_64, 0x40000000 + 548), ENOSYS);
  t.end();
});

t.test('big endian', (t) => {
  t.same([...enosysStub([], false)], [0, 0x20, 0, 0, 0, 0, 0, 4]);
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
      return { program: allow, unknown: ['mseal'] };
    },
    uname: () => ['Linux', 'host', '6.18.0', '#1', machine],
    syscallName: () => '',
  };
  return { native: fake as unknown as Native, calls };
}

t.test('compiling', (t) => {
  const rule = { names: ['clone3', 'mseal'], action: 'SCMP_ACT_ALLOW' };
  const compile = (profile: Partial<Seccomp>, machine = 'x86_64') =>
    compileSeccomp(native(machine).native, { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [rule], ...profile });
  const { program, unknown } = compile({});
  t.same(unknown, ['mseal']);
  t.equal(run(program, X86_64, 435), ALLOW);
  t.equal(run(program, X86_64, 436), ENOSYS, "mseal is not known to libseccomp, so it doesn't count");
  t.same(compile({ defaultAction: 'SCMP_ACT_ALLOW' }).program, allow);
  t.same(compile({ defaultAction: 'SCMP_ACT_TRACE' }).program, allow);
  t.same(compile({ defaultErrnoRet: 38 }).program, allow, 'ENOSYS is the answer anyway');
  t.same(compile({}, 'vax').program, allow);
  const wide = compile({ architectures: ['SCMP_ARCH_X32', 'SCMP_ARCH_X86'] }).program;
  t.equal(run(wide, X86_64, 0x40000000 + 520), ALLOW);
  t.equal(run(wide, X86, 436), ENOSYS);
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
