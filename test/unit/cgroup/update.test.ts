import t from 'tap';
import { EBUSY, EINVAL } from '../../../src/base/errno.js';
import { applyUpdate } from '../../../src/cgroup/apply-update.js';
import type { ContainerDirectories } from '../../../src/cgroup/plan/limits.js';
import { mergeResources, planUpdate } from '../../../src/cgroup/plan/plan-update.js';
import type { DeviceRule, Resources } from '../../../src/config/spec.js';
import { fakeNative } from '../../helpers/fake-native.js';

const v1: ContainerDirectories = {
  v1: Object.fromEntries(['cpu', 'cpuset', 'memory', 'pids', 'blkio'].map((name) => [name, `/cg/${name}/c`])),
  absent: "isn't there",
};
const v2: ContainerDirectories = {
  v1: {},
  v2: { path: '/cg/c', controllers: ['cpu', 'cpuset', 'memory', 'pids', 'io'] },
  absent: "isn't there",
};

/** The writes as `file value`. */
const writes = (present: Resources, changes: Resources, directories: ContainerDirectories) =>
  planUpdate(present, changes, directories, '').operations.map((operation) =>
    operation.op === 'write'
      ? `${operation.path.slice(operation.path.lastIndexOf('/') + 1)} ${operation.value}`
      : operation.op,
  );

t.test('what is not given stays', async (t) => {
  const present: Resources = {
    memory: { limit: 100, swap: 200 },
    cpu: { shares: 5, quota: 1000, period: 2000 },
    pids: { limit: 1 },
  };
  t.strictSame(writes(present, { pids: { limit: 7 } }, v2), ['pids.max 7']);
  t.strictSame(writes(present, { cpu: { shares: 1024 } }, v2), ['cpu.weight 100']);
  t.strictSame(writes(present, {}, v1), []);
});

t.test('period and quota: one alone goes with the other as it is', async (t) => {
  t.strictSame(writes({ cpu: { quota: 20000 } }, { cpu: { period: 50000 } }, v2), ['cpu.max 20000 50000']);
  t.strictSame(writes({ cpu: { period: 50000 } }, { cpu: { quota: 30000 } }, v2), ['cpu.max 30000 50000']);
  t.strictSame(writes({}, { cpu: { quota: -1 } }, v2), ['cpu.max max']);
  t.strictSame(writes({ cpu: { quota: 20000 } }, { cpu: { period: 50000 } }, v1), [
    'cpu.cfs_period_us 50000',
    'cpu.cfs_quota_us 20000',
  ]);
});

t.test('swap is counted from memory', async (t) => {
  const present: Resources = { memory: { limit: 100, swap: 300 } };
  t.strictSame(writes(present, { memory: { limit: 200 } }, v2), ['memory.swap.max 100', 'memory.max 200']);
  t.strictSame(writes(present, { memory: { swap: 150 } }, v2), ['memory.swap.max 50', 'memory.max 100']);
  t.strictSame(writes(present, { memory: { limit: -1 } }, v2), ['memory.swap.max max', 'memory.max max']);
  t.strictSame(writes(present, { memory: { limit: -1 } }, v1), [
    'memory.limit_in_bytes -1',
    'memory.memsw.limit_in_bytes -1',
  ]);
  t.strictSame(writes({}, { memory: { reservation: 64 } }, v2), ['memory.low 64']);
  t.throws(() => planUpdate(present, { memory: { limit: 400 } }, v2, ''), {
    code: 'config',
    fields: { pointer: '/memory/limit', hint: /at the same time/ },
  });
  t.throws(() => planUpdate(present, { memory: { swap: 50 } }, v1, ''), {
    code: 'config',
    fields: { pointer: '/memory/swap' },
  });
});

t.test('a quota that unified has set stays beside a new period', async (t) => {
  const present: Resources = { unified: { 'cpu.max': '20000 100000', 'pids.max': '5' } };
  t.strictSame(writes(present, { cpu: { period: 50000 } }, v2), ['cpu.max 20000 50000']);
  t.strictSame(writes(present, { cpu: { quota: 30000 } }, v2), ['cpu.max 30000 100000']);
  t.strictSame(writes({ unified: { 'cpu.max': 'max' } }, { cpu: { period: 50000 } }, v2), ['cpu.max max 50000']);
  const { resources } = planUpdate(present, { cpu: { period: 50000 } }, v2, '');
  t.strictSame(resources, { unified: { 'pids.max': '5' }, cpu: { quota: 20000, period: 50000 } });
  t.strictSame(planUpdate(present, { cpu: { shares: 5 } }, v2, '').resources.unified, present.unified);
});

t.test('the OOM killer can be turned on again', async (t) => {
  const off: Resources = { memory: { disableOOMKiller: true } };
  const on: Resources = { memory: { disableOOMKiller: false } };
  t.strictSame(writes(off, on, v1), ['memory.oom_control 0']);
  t.strictSame(writes({}, on, v1), []);
  t.strictSame(writes(off, { pids: { limit: 1 } }, v1), ['pids.max 1']);
});

t.test(
  'device rules are never touched: one that takes devices away is refused, others are said to have no effect',
  async (t) => {
    const deny: DeviceRule = { allow: false, access: 'rwm' };
    const all: DeviceRule = { allow: true, access: 'rwm' };
    const fuse: DeviceRule = { allow: true, type: 'c', major: 10, minor: 229, access: 'rwm' };
    const update = (present: DeviceRule[], devices: DeviceRule[]) =>
      planUpdate({ devices: present }, { devices, pids: { limit: 1 } }, v1, '');
    const cases: [present: DeviceRule[], changes: DeviceRule[], said: string[]][] = [
      [[deny], [], []],
      [[deny], [{ allow: false, type: 'a', major: -1, minor: -1 }], []],
      [[deny, fuse], [deny, fuse], []],
      [[deny, fuse], [deny], ['/devices']],
      [[deny], [deny, fuse], ['/devices']],
      [[deny], [all], ['/devices']],
    ];
    for (const [present, changes, said] of cases) {
      const { operations, resources, warnings } = update(present, changes);
      t.equal(operations.length, 1);
      t.strictSame(resources.devices, present);
      t.strictSame(
        warnings.map(({ pointer: at }) => at),
        said,
      );
    }
    const refused = (pointer: string) => ({ code: 'unsupported', fields: { pointer } });
    t.throws(() => update([deny, fuse], [deny, { ...fuse, allow: false }]), refused('/devices/1'));
    t.throws(() => update([], [deny]), refused('/devices/0'));
    t.throws(() => update([all], [fuse]), refused('/devices'));
  },
);

t.test('a controller that is missing is an error of the field', async (t) => {
  t.throws(() => planUpdate({}, { rdma: { mlx: { hcaHandles: 1 } } }, v1, ''), {
    code: 'unsupported',
    fields: { pointer: /rdma/ },
  });
});

t.test('what the container has afterwards', async (t) => {
  const merge = (present: Resources, changes: Resources) => mergeResources(present, changes);
  t.strictSame(
    merge({ memory: { limit: 5 } }, { memory: { limit: 0, swap: 9 } }).memory,
    { limit: 5, swap: 9 },
    '0 leaves it',
  );
  t.strictSame(merge({ memory: { limit: 5, swap: 9 } }, { memory: { limit: -1 } }).memory, { limit: -1, swap: -1 });
  t.strictSame(merge({ cpu: { shares: 5 } }, { cpu: { idle: 1 } }).cpu, { idle: 1 }, 'idle forgets the shares');
  t.strictSame(merge({ cpu: { shares: 5 } }, { cpu: { idle: 0, shares: 6 } }).cpu, { idle: 0, shares: 6 });
  t.strictSame(merge({ pids: { limit: 5 } }, { pids: { limit: 0 } }).pids, { limit: 0 }, '0 pids is a limit');
  t.strictSame(merge({ unified: { a: '1', b: '2' } }, { unified: { b: '3' } }).unified, { a: '1', b: '3' });
  const rate = (minor: number, value: number) => ({ major: 8, minor, rate: value });
  t.strictSame(
    merge(
      { blockIO: { weight: 10, throttleReadBpsDevice: [rate(0, 1), rate(1, 1)] } },
      { blockIO: { throttleReadBpsDevice: [rate(1, 2)] } },
    ).blockIO,
    { weight: 10, throttleReadBpsDevice: [rate(0, 1), rate(1, 2)] },
  );
});

t.test('all of it or none', async (t) => {
  const files = {
    '/cg/pids/c/pids.max': '5\n',
    '/cg/cpu/c/cpu.shares': '1024\n',
    '/cg/memory/c/memory.limit_in_bytes': '9000\n',
    '/cg/memory/c/memory.usage_in_bytes': '700\n',
    '/cg/memory/c/memory.max_usage_in_bytes': '800\n',
  };
  const { operations } = planUpdate({}, { pids: { limit: 9 }, cpu: { shares: 2 }, memory: { limit: 100 } }, v1, '');
  const machine = fakeNative({
    files,
    refuse: (path, value) => (path.endsWith('limit_in_bytes') && value === '100' ? EBUSY : undefined),
  });
  t.throws(() => applyUpdate(machine.native, operations), {
    message: /unable to set memory limit \(current usage: 700, peak usage: 800\)/,
    fields: { pointer: '/memory/limit', errno: EBUSY },
  });
  t.equal(machine.files.get('/cg/cpu/c/cpu.shares'), '1024', 'what was written before is back');
  const stuck = fakeNative({
    files,
    refuse: (path, value) =>
      (path.endsWith('limit_in_bytes') && value === '100') || value === '1024' ? EBUSY : undefined,
  });
  const warnings: string[] = [];
  t.throws(() => applyUpdate(stuck.native, operations, ({ message }) => warnings.push(message)));
  t.match(warnings, [/^\/cg\/cpu\/c\/cpu.shares keeps the limit of the update that failed/]);
  const good = fakeNative({ files });
  applyUpdate(good.native, operations);
  t.equal(good.files.get('/cg/pids/c/pids.max'), '9');
});

t.test('raising memory and swap on v1: the kernel refuses the one order, the other is done', async (t) => {
  const limit = '/cg/memory/c/memory.limit_in_bytes';
  const memsw = '/cg/memory/c/memory.memsw.limit_in_bytes';
  const machine = fakeNative({
    files: { [limit]: '100', [memsw]: '200' },
    // As the kernel has it: limit <= memsw at every moment.
    refuse: (path, value): number | undefined => {
      const after = {
        limit: machine.files.get(limit),
        memsw: machine.files.get(memsw),
        [path === limit ? 'limit' : 'memsw']: value,
      };
      return Number(after.limit) > Number(after.memsw) ? EINVAL : undefined;
    },
  });
  const update = (changes: Resources, present: Resources) =>
    applyUpdate(machine.native, planUpdate(present, changes, v1, '').operations);
  update({ memory: { limit: 300, swap: 400 } }, { memory: { limit: 100, swap: 200 } });
  t.strictSame([machine.files.get(limit), machine.files.get(memsw)], ['300', '400']);
  update({ memory: { limit: 50, swap: 60 } }, { memory: { limit: 300, swap: 400 } });
  t.strictSame([machine.files.get(limit), machine.files.get(memsw)], ['50', '60']);
});
