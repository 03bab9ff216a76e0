import t from 'tap';
import type { CgroupOperation } from '../../../src/cgroup/plan/cgroup-plan.js';
import { type ContainerDirectories, planLimits } from '../../../src/cgroup/plan/limits.js';
import type { Resources } from '../../../src/config/spec.js';

const all = ['cpu', 'cpuset', 'memory', 'io', 'pids', 'hugetlb', 'rdma', 'misc'];
const v2: ContainerDirectories = { v1: {}, v2: { path: '/c', controllers: all }, absent: 'is missing' };
const names = ['cpu', 'cpuset', 'memory', 'blkio', 'pids', 'hugetlb', 'rdma', 'net_cls', 'net_prio'];
const v1: ContainerDirectories = {
  v1: Object.fromEntries(names.map((name) => [name, `/${name}`])),
  absent: 'is missing',
};
const none: ContainerDirectories = { v1: {}, absent: 'is missing' };

/** As `path=value`, with what is not plain after it. */
function text(operation: CgroupOperation): string {
  if (operation.op !== 'write') return operation.op;
  const { path, value, ifMissing, fallback, retryAfterNext } = operation;
  return [
    `${path}=${value}`,
    { ignore: '?', warn: ' or a warning', 'no-swap': ' unless there is no swap', error: '' }[ifMissing ?? 'error'],
    fallback ? ` else ${fallback.path}=${fallback.value}` : '',
    retryAfterNext ? ' or after the next' : '',
  ].join('');
}
const plan = (resources: Resources, directories: ContainerDirectories) =>
  planLimits(resources, directories, '/r').map(text);
const pointers = (resources: Resources, directories: ContainerDirectories) =>
  planLimits(resources, directories, '/r').map(({ pointer }) => pointer);

t.test('nothing asked, nothing written', async (t) => {
  for (const directories of [v1, v2, none]) {
    t.same(plan({}, directories), []);
    t.same(plan({ cpu: {}, memory: {}, pids: {}, blockIO: {}, network: {}, rdma: {}, unified: {} }, directories), []);
    t.same(
      plan({ cpu: { shares: 0, quota: 0, period: 0 }, memory: { limit: 0, swap: 0, reservation: 0 } }, directories),
      [],
    );
    t.same(plan({ memory: { disableOOMKiller: false }, hugepageLimits: [] }, directories), []);
  }
});

t.test('cpu', async (t) => {
  const cpu = { shares: 1024, quota: 50000, period: 200000, burst: 1000, cpus: '0-1', mems: '0' };
  t.same(plan({ cpu }, v2), [
    '/c/cpuset.cpus=0-1',
    '/c/cpuset.mems=0',
    '/c/cpu.weight=100',
    '/c/cpu.max.burst=1000 or after the next',
    '/c/cpu.max=50000 200000',
  ]);
  t.same(plan({ cpu }, v1), [
    '/cpuset/cpuset.cpus=0-1',
    '/cpuset/cpuset.mems=0',
    '/cpu/cpu.shares=1024',
    '/cpu/cpu.cfs_period_us=200000 or after the next',
    '/cpu/cpu.cfs_quota_us=50000 or after the next',
    '/cpu/cpu.cfs_burst_us=1000',
  ]);
  t.same(plan({ cpu: { quota: -1 } }, v2), ['/c/cpu.max=max']);
  t.same(plan({ cpu: { quota: -1 } }, v1), ['/cpu/cpu.cfs_quota_us=-1']);
  t.same(plan({ cpu: { period: 50000 } }, v2), ['/c/cpu.max=max 50000']);
  t.same(pointers({ cpu: { period: 50000 } }, v2), ['/r/cpu/period']);
  t.same(plan({ cpu: { burst: 0 } }, v2), ['/c/cpu.max.burst=0']);
  t.same(plan({ cpu: { shares: 2, idle: 1 } }, v2), ['/c/cpu.weight=1', '/c/cpu.idle=1']);
  t.same(plan({ cpu: { shares: 2, idle: 0 } }, v2), ['/c/cpu.idle=0', '/c/cpu.weight=1']);
  t.same(plan({ cpu: { realtimePeriod: 1000000, realtimeRuntime: 950000 } }, v1), [
    '/cpu/cpu.rt_period_us=1000000 or after the next',
    '/cpu/cpu.rt_runtime_us=950000',
  ]);
  t.throws(() => plan({ cpu: { realtimeRuntime: 1 } }, v2), {
    code: 'unsupported',
    fields: { pointer: '/r/cpu/realtimeRuntime' },
  });
});

t.test('memory', async (t) => {
  const memory = { limit: 1000, reservation: 500, swap: 3000 };
  t.same(plan({ memory }, v2), ['/c/memory.swap.max=2000', '/c/memory.max=1000', '/c/memory.low=500']);
  t.same(plan({ memory }, v1), [
    '/memory/memory.limit_in_bytes=1000 or after the next',
    '/memory/memory.memsw.limit_in_bytes=3000',
    '/memory/memory.soft_limit_in_bytes=500',
  ]);
  t.same(plan({ memory: { limit: -1 } }, v2), ['/c/memory.swap.max=max?', '/c/memory.max=max']);
  t.same(pointers({ memory: { limit: -1 } }, v2), ['/r/memory/limit', '/r/memory/limit']);
  t.same(plan({ memory: { limit: -1 } }, v1), [
    '/memory/memory.limit_in_bytes=-1 or after the next',
    '/memory/memory.memsw.limit_in_bytes=-1?',
  ]);
  t.same(plan({ memory: { limit: 1000, swap: 1000 } }, v2), [
    '/c/memory.swap.max=0 unless there is no swap',
    '/c/memory.max=1000',
  ]);
  t.same(plan({ memory: { limit: 1000 } }, v1), ['/memory/memory.limit_in_bytes=1000']);
  t.same(plan({ memory: { limit: 2n ** 60n } }, v1), ['/memory/memory.limit_in_bytes=1152921504606846976']);
  t.same(plan({ memory: { kernel: 5, kernelTCP: 6 } }, v2), [
    '/c/memory.kmem.limit_in_bytes=5 or a warning',
    '/c/memory.kmem.tcp.limit_in_bytes=6 or a warning',
  ]);
  t.same(plan({ memory: { kernel: 5, kernelTCP: 6, swappiness: 0, disableOOMKiller: true, useHierarchy: true } }, v1), [
    '/memory/memory.use_hierarchy=1',
    '/memory/memory.kmem.limit_in_bytes=5 or a warning',
    '/memory/memory.kmem.tcp.limit_in_bytes=6 or a warning',
    '/memory/memory.swappiness=0',
    '/memory/memory.oom_control=1',
  ]);
  t.same(plan({ memory: { useHierarchy: true } }, v2), []);
  for (const [field, memory] of [
    ['swappiness', { swappiness: 0 }],
    ['kernel', { kernel: 5 }],
    ['kernelTCP', { kernelTCP: 6 }],
  ] as const)
    t.throws(() => plan({ memory }, none), { code: 'unsupported', fields: { pointer: `/r/memory/${field}` } });
  const refused: [Resources['memory'], string][] = [
    [{ swappiness: 60 }, 'swappiness'],
    [{ disableOOMKiller: true }, 'disableOOMKiller'],
    [{ useHierarchy: false }, 'useHierarchy'],
  ];
  for (const [memory, field] of refused)
    t.throws(() => plan({ memory: memory! }, v2), { code: 'unsupported', fields: { pointer: `/r/memory/${field}` } });
});

t.test('pids', async (t) => {
  t.same(plan({ pids: { limit: 10 } }, v2), ['/c/pids.max=10']);
  t.same(plan({ pids: { limit: -1 } }, v1), ['/pids/pids.max=max']);
  t.same(plan({ pids: { limit: 0 } }, v2), ['/c/pids.max=0']);
  t.throws(() => plan({ pids: { limit: 0 } }, none), { code: 'unsupported', fields: { pointer: '/r/pids/limit' } });
});

t.test('block I/O', async (t) => {
  const blockIO = {
    weight: 500,
    weightDevice: [{ major: 8, minor: 0, weight: 100 }],
    throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 100 }],
    throttleWriteBpsDevice: [{ major: 8, minor: 0, rate: 0 }],
    throttleReadIOPSDevice: [{ major: 8, minor: 0, rate: 102 }],
    throttleWriteIOPSDevice: [{ major: 8, minor: 1, rate: 103 }],
  };
  t.same(plan({ blockIO }, v2), [
    '/c/io.bfq.weight=500 else /c/io.weight=4950',
    '/c/io.bfq.weight=8:0 100 else /c/io.weight=8:0 910',
    '/c/io.max=8:0 rbps=100',
    '/c/io.max=8:0 wbps=max',
    '/c/io.max=8:0 riops=102',
    '/c/io.max=8:1 wiops=103',
  ]);
  t.same(plan({ blockIO: { ...blockIO, leafWeight: 300 } }, v1), [
    '/blkio/blkio.weight=500 else /blkio/blkio.bfq.weight=500',
    '/blkio/blkio.leaf_weight=300',
    '/blkio/blkio.weight_device=8:0 100 else /blkio/blkio.bfq.weight_device=8:0 100',
    '/blkio/blkio.throttle.read_bps_device=8:0 100',
    '/blkio/blkio.throttle.write_bps_device=8:0 0',
    '/blkio/blkio.throttle.read_iops_device=8:0 102',
    '/blkio/blkio.throttle.write_iops_device=8:1 103',
  ]);
  t.throws(() => plan({ blockIO: { leafWeight: 10 } }, v2), {
    code: 'unsupported',
    fields: { pointer: '/r/blockIO/leafWeight' },
  });
  t.throws(() => plan({ blockIO: { weightDevice: [{ major: 8, minor: 0, leafWeight: 10 }] } }, v2), {
    code: 'unsupported',
    fields: { pointer: '/r/blockIO/weightDevice/0/leafWeight' },
  });
});

t.test('huge pages', async (t) => {
  const hugepageLimits = [{ pageSize: '2MB', limit: 2n ** 63n }];
  t.same(plan({ hugepageLimits }, v2), [
    '/c/hugetlb.2MB.max=9223372036854775808',
    '/c/hugetlb.2MB.rsvd.max=9223372036854775808?',
  ]);
  t.same(plan({ hugepageLimits: [{ pageSize: '1GB', limit: 0 }] }, v1), [
    '/hugetlb/hugetlb.1GB.limit_in_bytes=0',
    '/hugetlb/hugetlb.1GB.rsvd.limit_in_bytes=0?',
  ]);
  for (const pageSize of ['', '2MB/../x', '02MB', '2mb'])
    t.throws(() => plan({ hugepageLimits: [{ pageSize, limit: 1 }] }, v2), {
      code: 'config',
      fields: { pointer: '/r/hugepageLimits/0/pageSize' },
    });
});

t.test('network', async (t) => {
  const network = { classID: 1048577, priorities: [{ name: 'lo', priority: 3 }] };
  t.same(plan({ network }, v1), ['/net_cls/net_cls.classid=1048577', '/net_prio/net_prio.ifpriomap=lo 3']);
  t.throws(() => plan({ network }, v2), { code: 'unsupported', fields: { pointer: '/r/network/classID' } });
  t.throws(() => plan({ network: { priorities: [{ name: 'a b', priority: 3 }] } }, v1), { code: 'config' });
});

t.test('rdma', async (t) => {
  t.same(plan({ rdma: { mlx5_0: { hcaHandles: 3, hcaObjects: 10 }, mlx4_0: { hcaObjects: 0 }, x: {} } }, v2), [
    '/c/rdma.max=mlx5_0 hca_handle=3 hca_object=10',
    '/c/rdma.max=mlx4_0 hca_object=0',
  ]);
  t.same(pointers({ rdma: { 'a/b': { hcaHandles: 1 } } }, v1), ['/r/rdma/a~1b']);
  t.throws(() => plan({ rdma: { 'a\nb': { hcaHandles: 1 } } }, v2), { code: 'config' });
});

t.test('unified', async (t) => {
  t.same(plan({ unified: { 'memory.high': '1000', 'cgroup.max.depth': '3' }, pids: { limit: 1 } }, v2), [
    '/c/pids.max=1',
    '/c/memory.high=1000',
    '/c/cgroup.max.depth=3',
  ]);
  for (const key of ['memory/high', '', 'memory', '.high', '../x.y'])
    t.throws(() => plan({ unified: { [key]: '1' } }, v2), { code: 'config' }, key);
  for (const key of ['cgroup.procs', 'cgroup.kill', 'cgroup.freeze', 'net.x'])
    t.throws(() => plan({ unified: { [key]: '1' } }, v2), {
      code: 'unsupported',
      fields: { pointer: `/r/unified/${key}` },
    });
  t.throws(() => plan({ unified: { 'memory.high': '1' } }, v1), {
    code: 'unsupported',
    fields: { pointer: '/r/unified' },
  });
});

t.test('a controller that is not there', async (t) => {
  const asked: [Resources, string][] = [
    [{ cpu: { shares: 1 } }, '/r/cpu/shares'],
    [{ cpu: { mems: '0' } }, '/r/cpu/mems'],
    [{ memory: { swap: -1 } }, '/r/memory/swap'],
    [{ pids: { limit: -1 } }, '/r/pids/limit'],
    [{ blockIO: { throttleReadBpsDevice: [{ major: 1, minor: 1, rate: 1 }] } }, '/r/blockIO/throttleReadBpsDevice'],
    [{ hugepageLimits: [{ pageSize: '2MB', limit: 1 }] }, '/r/hugepageLimits'],
    [{ network: { classID: 1 } }, '/r/network/classID'],
    [{ rdma: { a: { hcaHandles: 1 } } }, '/r/rdma'],
    [{ unified: { 'a.b': '1' } }, '/r/unified'],
  ];
  for (const [resources, pointer] of asked)
    t.throws(() => plan(resources, none), { code: 'unsupported', fields: { pointer } }, pointer);
});

t.test('hybrid: v1 first, v2 for what v1 lacks', async (t) => {
  const hybrid: ContainerDirectories = {
    v1: { memory: '/m' },
    v2: { path: '/c', controllers: ['hugetlb'] },
    absent: '',
  };
  t.same(plan({ memory: { limit: 1 }, hugepageLimits: [{ pageSize: '2MB', limit: 1 }] }, hybrid), [
    '/m/memory.limit_in_bytes=1',
    '/c/hugetlb.2MB.max=1',
    '/c/hugetlb.2MB.rsvd.max=1?',
  ]);
});
