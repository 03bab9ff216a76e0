import t from 'tap';
import { nodeNative } from '../../../src/hosts/node/host.js';
import { runFilter } from '../../helpers/run-filter.js';
import { notEmulated } from '../../helpers/when.js';

const native = nodeNative();
const ALLOW = 0x7fff0000;
const errno = (number: number): number => 0x00050000 | number;
const AUDIT_ARCH: Record<string, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };
const MASKED_EQ = 7;
const EQ = 4;

function run(program: Uint8Array, number: number, args: number[] = []): number {
  return runFilter(program, { arch: AUDIT_ARCH[process.arch] ?? 0, number, args: args.map(BigInt) });
}

const numbers = (() => {
  const byName: Record<string, number> = {};
  for (let number = 0; number < 500; number++) {
    const name = native.syscallName(number);
    if (name) byName[name] = number;
  }
  return byName;
})();
const syscall = (name: string): number => numbers[name] ?? -1;

t.test('a small profile', async (t) => {
  const { program, unknown } = native.seccompCompile(
    ALLOW,
    [],
    [
      { action: errno(38), syscalls: ['mount', 'no_such_call', 'umount2'], args: [] },
      { action: errno(1), syscalls: ['personality'], args: [{ index: 0, op: EQ, value: '8', valueTwo: '0' }] },
      { action: ALLOW, syscalls: ['mount', 'no_such_call'], args: [] },
    ],
  );
  t.same(unknown, ['no_such_call'], 'named once');
  t.equal(run(program, syscall('mount')), errno(38), 'a rule that is the default action changes nothing');
  t.equal(run(program, syscall('umount2')), errno(38));
  t.equal(run(program, syscall('read')), ALLOW);
  t.equal(run(program, syscall('personality'), [8]), errno(1));
  t.equal(run(program, syscall('personality'), [0]), ALLOW);
});

t.test('64-bit values, masks, and an argument that is compared twice', async (t) => {
  const { program } = native.seccompCompile(
    errno(1),
    [],
    [
      { action: ALLOW, syscalls: ['clone'], args: [{ index: 0, op: MASKED_EQ, value: '0x7e020000', valueTwo: '0' }] },
      { action: ALLOW, syscalls: ['dup'], args: [{ index: 0, op: EQ, value: '0x1234567800000001', valueTwo: '0' }] },
      {
        action: ALLOW,
        syscalls: ['socket'],
        args: [1, 2].map((value) => ({ index: 0, op: EQ, value: String(value), valueTwo: '0' })),
      },
    ],
  );
  t.equal(run(program, syscall('clone'), [0x11]), ALLOW);
  t.equal(run(program, syscall('clone'), [0x10000000]), errno(1));
  t.equal(run(program, syscall('dup'), [1]), errno(1));
  t.same(
    [1, 2, 3].map((arg) => run(program, syscall('socket'), [arg])),
    [ALLOW, ALLOW, errno(1)],
    'either',
  );
});

t.test('a long list is searched, not walked, with the same outcome', async (t) => {
  const names = Object.keys(numbers).filter((_, i) => i % 3 !== 0);
  const { program } = native.seccompCompile(errno(1), [], [{ action: ALLOW, syscalls: names, args: [] }]);
  for (const [name, number] of Object.entries(numbers)) {
    const expected = names.includes(name) ? ALLOW : errno(1);
    if (run(program, number) !== expected) t.fail(name);
  }
  t.ok(Object.keys(numbers).length > 250);
});

t.test('an architecture that libseccomp does not know', async (t) => {
  t.throws(() => native.seccompCompile(ALLOW, [12345], []), {
    code: 'system',
    fields: { syscall: 'seccomp_arch_add' },
  });
});

t.test('what the library knows', async (t) => {
  t.ok((native.seccompVersion()[0] ?? 0) >= 2);
  t.equal(native.syscallName(99999), '');
});

t.test('what the kernel knows', { skip: notEmulated('it does not pass seccomp(2) on') }, async (t) => {
  const [flags = 0, actions = 0] = native.seccompKernel();
  t.equal(flags & 0b1111, 0b1111, 'TSYNC, LOG, SPEC_ALLOW, NEW_LISTENER');
  t.equal(actions, 0b11111111);
});
