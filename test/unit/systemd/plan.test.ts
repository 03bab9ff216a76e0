import t from 'tap';
import type { CgroupHost } from '../../../src/cgroup/plan/cgroup-host.js';
import { planSystemd } from '../../../src/cgroup/systemd/plan-systemd.js';
import { resourceProperties } from '../../../src/cgroup/systemd/resources.js';
import { expandSlice, parseUnitName } from '../../../src/cgroup/systemd/unit-name.js';
import type { Linux, Resources, Spec } from '../../../src/config/spec.js';
import type { UnitProperty } from '../../../src/systemd/properties.js';
import { problemsOf } from '../../helpers/plan-helpers.js';
import { hybridRoot, rootlessUser, unifiedRoot } from '../../helpers/plan-hosts.js';

const INFINITY = (1n << 64n) - 1n;
const root: CgroupHost = { ...unifiedRoot.cgroup, systemd: { version: 257, controlGroup: '', user: false } };
const hybrid: CgroupHost = { ...hybridRoot.cgroup, systemd: { version: 247, controlGroup: '', user: false } };
const manager = '/user.slice/user-1000.slice/user@1000.service';
const user: CgroupHost = { ...rootlessUser.cgroup, systemd: { version: 257, controlGroup: manager, user: true } };

const plan = (linux: Linux, host = root, annotations?: Record<string, string>) =>
  planSystemd(
    { ociVersion: '1.3.0', linux, ...(annotations && { annotations }) } as Spec,
    { id: 'id', rootless: host.systemd?.user ?? false, hostRoot: !host.systemd?.user },
    host,
  );
const values = (properties: readonly UnitProperty[]) =>
  Object.fromEntries(properties.map(({ name, value }) => [name, value]));
const pointer = (properties: readonly UnitProperty[], name: string) =>
  properties.find((one) => one.name === name)?.pointer;
const limits = (
  resources: Resources,
  v2 = true,
  version = 257,
  unit: 'new-scope' | 'new-slice' | 'running' = 'new-scope',
) => values(resourceProperties(resources, { v2, version, unit, pointer: '' }));

t.test('the name of the unit', async (t) => {
  const name = (path: string | undefined, ofUser = false) => parseUnitName(path, 'id', ofUser);
  t.match(name('system.slice:docker:abc'), {
    unit: 'docker-abc.scope',
    slice: 'system.slice',
    path: '/system.slice/docker-abc.scope',
  });
  t.match(name('a-b.slice::abc'), { unit: '-abc.scope', path: '/a.slice/a-b.slice/-abc.scope' });
  t.match(name('-.slice:p:abc'), { unit: 'p-abc.scope', path: '/p-abc.scope' });
  t.match(name(':p:abc'), { slice: 'system.slice' });
  t.match(name(':p:abc', true), { slice: 'user.slice' });
  t.match(name(undefined), { unit: 'tsrunc-id.scope', kind: 'scope' });
  t.match(name(''), { unit: 'tsrunc-id.scope' });
  t.match(name('x.slice:p:a-b.slice'), { unit: 'a-b.slice', kind: 'slice', path: '/a.slice/a-b.slice' });
  t.equal(expandSlice('a-b-c.slice'), '/a.slice/a-b.slice/a-b-c.slice');
  for (const wrong of [
    '/a/b',
    'a:b',
    'a:b:c:d',
    's.slice:p:',
    'a:p:n',
    'a--b.slice:p:n',
    '-a.slice:p:n',
    '.slice:p:n',
    'a/b.slice:p:n',
    's.slice:p:a/b',
    's.slice:p:../b',
    's.slice:p:a b',
    `s.slice:p:${'x'.repeat(250)}`,
  ])
    t.throws(() => name(wrong), { code: 'config', fields: { pointer: '/linux/cgroupsPath' } }, wrong);
  t.throws(() => name('/a'), /format "slice:prefix:name" for systemd cgroups, got "\/a" instead/);
});

t.test('a scope on a v2 host', async (t) => {
  const { manager, paths, systemd, operations, cloneInto, join } = plan({ cgroupsPath: 'm.slice:p:n' });
  t.equal(manager, 'systemd');
  t.same(paths, { '': '/sys/fs/cgroup/m.slice/p-n.scope' });
  t.same([cloneInto, join], ['', []], 'it is systemd that puts init there');
  t.match(systemd, {
    unit: 'p-n.scope',
    kind: 'scope',
    slice: 'm.slice',
    user: false,
    enter: [],
    pointer: '/linux/cgroupsPath',
  });
  t.same(values(systemd!.properties.slice(0, 8)), {
    Description: 'tsrunc container n',
    Slice: 'm.slice',
    Delegate: true,
    MemoryAccounting: true,
    CPUAccounting: true,
    IOAccounting: true,
    TasksAccounting: true,
    DefaultDependencies: false,
  });
  t.notOk(
    operations.some(({ op }) => op === 'make'),
    'systemd makes the directory',
  );
  t.ok(
    operations.some(({ op }) => op === 'device-filter'),
    "our own filter comes beside systemd's",
  );
});

t.test('a slice', async (t) => {
  const { systemd, operations } = plan({ cgroupsPath: 'a.slice:p:a-b.slice' });
  const properties = values(systemd!.properties);
  t.same(properties.Wants, ['a.slice']);
  t.notOk('Slice' in properties || 'Delegate' in properties);
  t.same(systemd!.enter, ['/sys/fs/cgroup/a.slice/a-b.slice/cgroup.procs'], 'systemd puts no process into one');
  t.ok(operations.some(({ op }) => op === 'make'));
});

t.test('v1 and hybrid: the directories that systemd may not make are made and entered', async (t) => {
  const { paths, systemd, operations } = plan(
    {
      cgroupsPath: 'm.slice:p:n',
      resources: { cpu: { shares: 512 }, memory: { limit: 4096 }, blockIO: { weight: 100 } },
    },
    hybrid,
  );
  t.equal(paths['name=systemd'], '/sys/fs/cgroup/systemd/m.slice/p-n.scope');
  t.equal(paths[''], '/sys/fs/cgroup/unified/m.slice/p-n.scope');
  const made = operations.flatMap((operation) => (operation.op === 'make' ? [operation.path] : []));
  t.notOk(made.includes(paths['name=systemd']!));
  t.ok(made.includes('/sys/fs/cgroup/hugetlb/m.slice/p-n.scope'));
  t.ok(systemd!.enter.includes('/sys/fs/cgroup/memory/m.slice/p-n.scope/cgroup.procs'));
  t.match(values(systemd!.properties), {
    BlockIOAccounting: true,
    MemoryLimit: 4096n,
    CPUShares: 512n,
    BlockIOWeight: 100n,
  });
});

t.test("the user's manager", async (t) => {
  const { paths, systemd, operations } = plan({ cgroupsPath: 'user.slice:libpod:n' }, user);
  t.same(paths, { '': `/sys/fs/cgroup${manager}/user.slice/libpod-n.scope` });
  t.equal(systemd!.user, true);
  t.notOk(
    systemd!.properties.some(({ name }) => name.startsWith('Device')),
    'it has no say in devices',
  );
  t.notOk(operations.some(({ op }) => op === 'device-filter'));
  t.same(
    problemsOf(() => plan({}, { ...hybrid, systemd: user.systemd! })),
    ['unsupported : the systemd of a user has no say in cgroup v1'],
  );
  const few: CgroupHost = { ...user, unified: { ...user.unified!, controllers: ['memory', 'pids'] } };
  t.same(
    problemsOf(() => plan({ resources: { cpu: { shares: 5 } } }, few)),
    ["unsupported /linux/resources/cpu/shares: the cpu cgroup controller isn't delegated to the systemd of this user"],
  );
});

t.test('limits as properties, each with its field', async (t) => {
  t.same(
    limits({
      memory: { limit: 100, reservation: 50, swap: 300 },
      cpu: { shares: 1024, quota: 25500, period: 50000, cpus: '0-1,9', mems: '0' },
      pids: { limit: 7 },
      blockIO: { weight: 10 },
    }),
    {
      IOWeight: 1n,
      MemoryMax: 100n,
      MemoryLow: 50n,
      MemorySwapMax: 200n,
      CPUWeight: 100n,
      CPUQuotaPeriodUSec: 50000n,
      CPUQuotaPerSecUSec: 510000n,
      AllowedCPUs: Uint8Array.of(3, 2),
      AllowedMemoryNodes: Uint8Array.of(1),
      TasksMax: 7n,
    },
  );
  const { systemd } = plan({ resources: { memory: { limit: 100 }, cpu: { period: 50000 } } });
  t.same(
    systemd!.properties.flatMap(({ name, optional }) => (optional ? [] : [name])),
    ['Description', 'Slice', 'Delegate', 'DefaultDependencies'],
    'all that is written to the cgroup as well can be done without',
  );
  t.equal(pointer(systemd!.properties, 'MemoryMax'), '/linux/resources/memory/limit');
  t.equal(pointer(systemd!.properties, 'CPUQuotaPerSecUSec'), '/linux/resources/cpu/period');
});

t.test('limits at their ends', async (t) => {
  t.same(limits({ memory: { limit: -1 } }), { MemoryMax: INFINITY, MemorySwapMax: INFINITY });
  t.same(limits({ memory: { limit: 0, reservation: 0 } }), {});
  t.same(limits({ pids: { limit: 0 } }), { TasksMax: 1n });
  t.same(limits({ pids: { limit: -1 } }), { TasksMax: INFINITY });
  t.same(limits({ cpu: { quota: -1 } }), { CPUQuotaPerSecUSec: INFINITY });
  t.same(limits({ cpu: { quota: 50000 } }), { CPUQuotaPerSecUSec: 500000n });
  t.same(limits({ cpu: { quota: 1000, period: 100000 } }), { CPUQuotaPeriodUSec: 100000n, CPUQuotaPerSecUSec: 10000n });
  t.same(limits({ cpu: { quota: 1, period: 1000000 } }), { CPUQuotaPeriodUSec: 1000000n, CPUQuotaPerSecUSec: 10000n });
  t.same(limits({ cpu: { period: 20000 } }), { CPUQuotaPeriodUSec: 20000n, CPUQuotaPerSecUSec: INFINITY });
  t.same(limits({ cpu: { idle: 1, shares: 512 } }), { CPUWeight: 0n });
  t.same(limits({ cpu: { idle: 0 } }), {});
  t.same(limits({ memory: { limit: 1n << 62n } }), { MemoryMax: 1n << 62n });
});

t.test('older versions of systemd get what they know', async (t) => {
  const all: Resources = { cpu: { quota: 50000, period: 50000, cpus: '0', idle: 1, shares: 1024 } };
  t.same(Object.keys(limits(all, true, 241)), ['CPUWeight', 'CPUQuotaPerSecUSec']);
  t.same(Object.keys(limits(all, true, 243)), ['CPUWeight', 'CPUQuotaPeriodUSec', 'CPUQuotaPerSecUSec']);
  t.equal(limits(all, true, 251).CPUWeight, 100n);
  t.equal(limits(all, true, 252).CPUWeight, 0n);
});

t.test('unified', async (t) => {
  t.same(
    limits({
      unified: {
        'memory.high': '100',
        'memory.min': ' 5 ',
        'memory.swap.max': 'max',
        'memory.zswap.max': '10',
        'memory.zswap.writeback': '0',
        'pids.max': 'max',
        'cpu.weight': '50',
        'cpu.max': 'max 50000',
        'cpuset.cpus': '1',
        'memory.oom.group': '1',
        'io.weight': 'default 70',
        'io.latency': 'x',
      },
    }),
    {
      MemoryHigh: 100n,
      MemoryMin: 5n,
      MemorySwapMax: INFINITY,
      MemoryZSwapMax: 10n,
      MemoryZSwapWriteback: false,
      TasksMax: INFINITY,
      CPUWeight: 50n,
      CPUQuotaPeriodUSec: 50000n,
      CPUQuotaPerSecUSec: INFINITY,
      AllowedCPUs: Uint8Array.of(2),
      OOMPolicy: 'kill',
      IOWeight: 70n,
    },
  );
  for (const [unit, version] of [
    ['running', 257],
    ['new-slice', 257],
    ['new-scope', 252],
  ] as const)
    t.same(limits({ unified: { 'memory.oom.group': '1' } }, true, version, unit), {}, `${unit}, ${version}`);
  t.same(limits({ unified: { 'cpu.max': '20000' } }), { CPUQuotaPeriodUSec: 100000n, CPUQuotaPerSecUSec: 200000n });
  t.same(limits({ unified: { 'cpu.idle': '1', 'cpu.weight': '9' } }), { CPUWeight: 0n });
  for (const [key, value] of [
    ['memory.max', '1G'],
    ['pids.max', '-1'],
    ['cpu.max', '1 2 3'],
    ['cpu.max', ''],
    ['cpuset.cpus', 'a'],
    ['memory.high', '99999999999999999999'],
  ] as const)
    t.throws(
      () => limits({ unified: { [key]: value } }),
      { code: 'config', fields: { pointer: `/unified/${key}` } },
      `${key} ${value}`,
    );
});

t.test('annotations', async (t) => {
  const properties = (annotations: Record<string, string>) => plan({}, root, annotations).systemd!.properties;
  const set = properties({
    'org.systemd.property.TimeoutStopUSec': 'uint64 123456789',
    'org.systemd.property.RuntimeMaxSec': '1.5',
    'org.systemd.property.CollectMode': "'inactive-or-failed'",
    'org.systemd.property.After': "['a.service']",
    'org.systemd.property.Description': "'mine'",
    'other.annotation': '(',
  });
  t.match(values(set), {
    TimeoutStopUSec: 123456789n,
    RuntimeMaxUSec: 1500000n,
    CollectMode: 'inactive-or-failed',
    After: ['a.service'],
    Description: 'mine',
  });
  t.equal(pointer(set, 'RuntimeMaxUSec'), '/annotations/org.systemd.property.RuntimeMaxSec');
  t.equal(set.filter(({ name }) => name === 'Description').length, 1, 'a property is sent once');
  const wrong: [string, string, RegExp][] = [
    ['Description', 'text', /in quotes/],
    ['A-b', '1', /name of a property/],
    ['AB', '1', /name of a property/],
    ['TimeoutStopSec', "'x'", /number/],
    ['TimeoutStopSec', '-1', /number/],
    ['Slice', "'a.slice'", /cgroupsPath|isn't for annotations/],
    ['PIDs', '[uint32 1]', /isn't for annotations/],
  ];
  for (const [name, value, message] of wrong) {
    const key = `org.systemd.property.${name}`;
    t.throws(
      () => properties({ [key]: value }),
      { code: 'config', message, fields: { pointer: `/annotations/${key}` } },
      key,
    );
  }
});

t.test('devices', async (t) => {
  const devices = (rules: NonNullable<Resources['devices']>, version = 257) => {
    const { systemd } = plan({ resources: { devices: rules } }, { ...root, systemd: { ...root.systemd!, version } });
    const all = values(systemd!.properties);
    return { policy: all.DevicePolicy, allow: new Map(all.DeviceAllow as [string, string][]) };
  };
  const strict = devices([
    { allow: false },
    { allow: true, type: 'b', major: 8, access: 'r' },
    { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' },
  ]);
  t.equal(strict.policy, 'strict');
  t.equal(strict.allow.get('block-8'), 'r');
  t.equal(strict.allow.get('/dev/char/10:229'), 'rw');
  t.equal(strict.allow.get('/dev/char/1:3'), 'rwm');
  t.equal(strict.allow.get('char-136'), 'rwm');
  t.equal(strict.allow.get('char-*'), 'm');
  t.same(devices([{ allow: true }]), { policy: 'auto', allow: new Map() }, 'everything');
  t.same(
    devices([{ allow: true }, { allow: false, type: 'b', major: 8 }]).policy,
    'auto',
    'our own filter denies then',
  );
  const taken = devices([
    { allow: true, type: 'b', major: 8, minor: 1 },
    { allow: false, type: 'b', major: 8, minor: 1, access: 'w' },
  ]);
  t.equal(taken.allow.get('/dev/block/8:1'), 'rm');
  t.equal(
    devices([{ allow: true, type: 'b', minor: 1, access: 'r' }]).allow.get('block-*'),
    'rm',
    'what has no name is widened',
  );
  t.equal(devices([], 239).allow.get('char-*'), 'rwm', 'no major numbers before 240');
});
