import t from 'tap';
import { deviceFilter } from '../../../src/cgroup/plan/device-filter.js';
import { deviceRules } from '../../../src/cgroup/plan/device-rules.js';
import { setDevices } from '../../../src/cgroup/v1/devices.js';
import type { DeviceRule } from '../../../src/config/spec.js';

const MKNOD = 1;
const READ = 2;
const WRITE = 4;

/** Runs a device program as the kernel does: as much of eBPF as it may use. */
function interpret(program: Uint8Array, type: 'b' | 'c', major: number, minor: number, access: number): number {
  const view = new DataView(program.buffer);
  const context = [(access << 16) | (type === 'b' ? 1 : 2), major, minor];
  const register: (number | undefined)[] = [undefined, 0];
  for (let at = 0; at < program.length / 8; at++) {
    const code = view.getUint8(at * 8);
    const dst = view.getUint8(at * 8 + 1) & 15;
    const offset = view.getInt16(at * 8 + 2, true);
    const immediate = view.getInt32(at * 8 + 4, true);
    if (code === 0x61) {
      if (view.getUint8(at * 8 + 1) >> 4 !== 1) throw new Error('loads only from the context');
      register[dst] = context[offset / 4];
      continue;
    }
    if (code === 0xb7) {
      register[dst] = immediate;
      continue;
    }
    if (code === 0x05) {
      at += offset;
      continue;
    }
    const value = register[code === 0x95 ? 0 : dst];
    if (value === undefined) throw new Error(`reads r${dst} before it is set, at ${at}`);
    if (code === 0x95) return value;
    if (code === 0x54) register[dst] = (value & immediate) >>> 0;
    else if (code === 0x74) register[dst] = value >>> immediate;
    else if (code === 0x15) at += value === immediate ? offset : 0;
    else if (code === 0x55) at += value !== immediate ? offset : 0;
    else if (code === 0x45) at += (value & immediate) !== 0 ? offset : 0;
    else throw new Error(`unknown instruction ${code.toString(16)}`);
  }
  throw new Error('runs off the end');
}

const denyAll: DeviceRule = { allow: false, access: 'rwm' };

function allows(rules: DeviceRule[], type: 'b' | 'c', major: number, minor: number, access: number): boolean {
  return interpret(deviceFilter(deviceRules(rules, '/d')), type, major, minor, access) === 1;
}

t.test('an empty type is both kinds, as one that is missing', async (t) => {
  const none = { allow: false, type: '' } as unknown as DeviceRule;
  const one = { allow: true, type: '', major: 7, minor: 1, access: 'r' } as unknown as DeviceRule;
  for (const type of ['b', 'c'] as const) {
    t.ok(allows([none, one], type, 7, 1, READ));
    t.notOk(allows([{ allow: true }, none], type, 7, 1, READ), 'a rule that denies counts');
  }
  t.same(
    setDevices(deviceRules([none, one], '/d'), '/g')
      .slice(0, 3)
      .map((write) => write.op === 'write' && write.value),
    ['a', 'b 7:1 r', 'c 7:1 r'],
  );
});

t.test('filter: the defaults', async (t) => {
  for (const rules of [[], [denyAll]]) {
    for (const [major, minor] of [
      [1, 3],
      [1, 5],
      [1, 7],
      [1, 8],
      [1, 9],
      [5, 0],
      [5, 2],
      [136, 0],
      [136, 99],
      [10, 200],
    ] as const)
      t.ok(allows(rules, 'c', major, minor, READ | WRITE), `c ${major}:${minor}`);
    t.notOk(allows(rules, 'c', 5, 1, READ | WRITE), "the host's console");
    t.ok(allows(rules, 'b', 8, 0, MKNOD));
    t.ok(allows(rules, 'c', 1, 1, MKNOD));
    t.notOk(allows(rules, 'c', 1, 1, READ));
    t.notOk(allows(rules, 'c', 1, 1, READ | MKNOD));
    t.notOk(allows(rules, 'b', 1, 3, READ), 'a block device with the numbers of null');
  }
});

t.test('filter: rules for what is allowed anyway add nothing', async (t) => {
  const again: DeviceRule[] = [
    { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' },
    { allow: false, type: 'c', major: 10, minor: 200, access: 'rwm' },
    { allow: true, type: 'c', major: 136, access: 'rw' },
    { allow: true, type: 'b', access: 'm' },
  ];
  const filter = (rules: DeviceRule[]) => deviceFilter(deviceRules(rules, '/d'));
  t.same(filter([denyAll, ...again]), filter([denyAll]));
  for (const more of [
    { allow: true, type: 'b', major: 1, minor: 3 },
    { allow: true, type: 'c', major: 1, minor: 1 },
    { allow: true, type: 'c', major: 1 },
  ] as const)
    t.notSame(filter([denyAll, { ...more, access: 'rwm' }]), filter([denyAll]));
});

t.test('filter: the last rule that speaks of an access wins, bit by bit', async (t) => {
  const rules: DeviceRule[] = [
    denyAll,
    { allow: true, type: 'b', major: 8, access: 'rwm' },
    { allow: false, type: 'b', major: 8, minor: 1, access: 'w' },
    { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' },
  ];
  t.ok(allows(rules, 'b', 8, 0, READ | WRITE));
  t.ok(allows(rules, 'b', 8, 1, READ));
  t.notOk(allows(rules, 'b', 8, 1, WRITE));
  t.notOk(allows(rules, 'b', 8, 1, READ | WRITE), 'a denied bit is not carried by an allowed one');
  t.ok(allows(rules, 'c', 10, 229, READ | WRITE));
  t.notOk(allows(rules, 'c', 10, 228, READ));
  t.ok(allows([...rules, { allow: true }], 'b', 9, 9, READ | WRITE), 'all allowed after all');
  t.notOk(allows([{ allow: true, type: 'a' }, denyAll], 'b', 9, 9, READ));
  t.ok(
    allows(
      [
        { allow: true, type: 'c', major: 7, minor: 7, access: 'r' },
        { allow: true, type: 'c', major: 7, access: 'w' },
      ],
      'c',
      7,
      7,
      READ | WRITE,
    ),
    'two rules together',
  );
});

t.test('filter: wildcards and numbers', async (t) => {
  t.ok(allows([{ allow: true, type: 'c', major: -1, minor: 5, access: 'r' }], 'c', 77, 5, READ));
  t.notOk(allows([{ allow: true, type: 'c', major: -1, minor: 5, access: 'r' }], 'c', 77, 6, READ));
  t.ok(allows([{ allow: true, type: 'a', major: 4, access: 'r' }], 'b', 4, 6, READ));
  t.ok(allows([{ allow: true, type: 'b', major: 4095, minor: 1048575 }], 'b', 4095, 1048575, READ));
  t.notOk(allows([{ allow: true, type: 'b', major: 2 ** 40, minor: 1 }], 'b', 0, 1, READ), 'no such device');
});

const v1 = (rules: DeviceRule[]) =>
  setDevices(deviceRules(rules, '/d'), '/x').map((write) =>
    write.op === 'write' ? `${write.path.slice('/x/devices.'.length)} ${write.value}` : write.op,
  );
const defaults = v1([]).slice(1);

t.test('v1: everything denied, the config, the defaults', async (t) => {
  t.equal(v1([])[0], 'deny a');
  t.same(defaults.slice(0, 3), ['allow c *:* m', 'allow b *:* m', 'allow c 1:3 rwm']);
  t.same(
    v1([
      denyAll,
      { allow: true, type: 'c', major: 10, minor: 229, access: 'rwm' },
      { allow: true, type: 'b', major: 8, minor: 20, access: 'rw' },
      { allow: true, type: 'a', major: 3, access: 'r' },
    ]),
    ['deny a', 'allow c 10:229 rwm', 'allow b 8:20 rw', 'allow b 3:* r', 'allow c 3:* r', ...defaults],
  );
  t.same(v1([denyAll, { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' }]).length, defaults.length + 1);
});

t.test('v1: rules that take back', async (t) => {
  t.same(
    v1([
      { allow: true, type: 'b', major: 8, minor: 20, access: 'rw' },
      { allow: false, type: 'b', major: 8, access: 'w' },
    ]).slice(0, 3),
    ['deny a', 'allow b 8:20 rw', 'deny b 8:20 w'],
  );
  t.throws(
    () =>
      v1([
        { allow: true, type: 'b', major: 8, access: 'rw' },
        { allow: false, type: 'b', major: 8, minor: 1, access: 'w' },
      ]),
    { code: 'unsupported', fields: { pointer: '/d/1' } },
  );
  t.throws(
    () => v1([{ allow: true }, { allow: false, type: 'c', major: 1 }]),
    { code: 'unsupported', fields: { pointer: '/d/1' } },
    'a default device in what is denied',
  );
  t.same(v1([{ allow: true }]), ['allow a'], 'the defaults say nothing new then');
  t.same(v1([{ allow: true }, { allow: false, type: 'c', major: 9, access: 'm' }]).slice(0, 2), [
    'allow a',
    'deny c 9:* m',
  ]);
});
