import t from 'tap';
import { cgroupStats } from '../../../src/cgroup/stats.js';
import { statsDocument } from '../../../src/cli/stats-document.js';
import { writeJson } from '../../../src/config/json/json-write.js';
import { fakeNative } from '../../helpers/fake-native.js';

/** Files of one directory. */
const below = (directory: string, files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${directory}/${name}`, text]));

/** The event's data, parsed again. */
const documentOf = (files: Record<string, string>, paths: Record<string, string>) => {
  const { native } = fakeNative({ files, directories: Object.values(paths) });
  const cgroup = cgroupStats(native, paths);
  const text = writeJson(statsDocument({ cgroup, intelRdt: undefined, interfaces: [] }));
  return { cgroup, text, document: JSON.parse(text) };
};

const pressure = 'some avg10=1.50 avg60=0.25 avg300=0.00 total=1234\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=12\n';

t.test('cgroup v1', async (t) => {
  const paths = {
    'cpu,cpuacct': '/cg/cpu/c',
    cpuset: '/cg/cpuset/c',
    memory: '/cg/memory/c',
    pids: '/cg/pids/c',
    blkio: '/cg/blkio/c',
    hugetlb: '/cg/hugetlb/c',
  };
  const files = {
    ...below(paths['cpu,cpuacct'], {
      'cpu.stat': 'nr_periods 7\nnr_throttled 2\nthrottled_time 3000\n',
      'cpuacct.usage': '1500\n',
      'cpuacct.usage_percpu': '1000 500 \n',
      'cpuacct.usage_all': 'cpu user system\n0 600 400\n1 300 200\n',
      'cpuacct.stat': 'user 3\nsystem 2\n',
    }),
    ...below(paths.cpuset, {
      'cpuset.cpus': '0-1,3\n',
      'cpuset.mems': '0\n',
      'cpuset.cpu_exclusive': '0\n',
      'cpuset.sched_load_balance': '1\n',
      'cpuset.sched_relax_domain_level': '-1\n',
    }),
    ...below(paths.memory, {
      'memory.stat': 'cache 4096\nrss 8192\nhierarchical_memory_limit 9223372036854771712\n',
      'memory.limit_in_bytes': '9223372036854771712\n',
      'memory.usage_in_bytes': '12288\n',
      'memory.max_usage_in_bytes': '20480\n',
      'memory.failcnt': '4\n',
    }),
    ...below(paths.pids, { 'pids.current': '3\n', 'pids.max': 'max\n' }),
    ...below(paths.blkio, {
      'blkio.bfq.io_service_bytes_recursive': 'Total 0\n',
      'blkio.throttle.io_service_bytes_recursive': '8:0 Read 4096\n8:0 Write 0\nTotal 4096\n',
      'blkio.throttle.io_serviced_recursive': '8:0 Read 1\n8:0 Write 0\nTotal 1\n',
    }),
    ...below(paths.hugetlb, {
      'hugetlb.2MB.usage_in_bytes': '2097152\n',
      'hugetlb.2MB.max_usage_in_bytes': '4194304\n',
      'hugetlb.2MB.failcnt': '1\n',
      'hugetlb.2MB.rsvd.usage_in_bytes': '9\n',
    }),
  };
  const { document, text } = documentOf(files, paths);
  t.strictSame(document.cpu, {
    usage: {
      total: 1500,
      percpu: [1000, 500],
      percpu_kernel: [400, 200],
      percpu_user: [600, 300],
      kernel: 20_000_000,
      user: 30_000_000,
    },
    throttling: { periods: 7, throttledPeriods: 2, throttledTime: 3000 },
  });
  t.match(document.cpuset, { cpus: [0, 1, 3], mems: [0], sched_load_balance: 1, sched_relax_domain_level: -1 });
  t.equal(Object.keys(document.cpuset).length, 11, 'every member is there');
  t.match(text, /"raw":\{"cache":4096,"hierarchical_memory_limit":9223372036854771712,"rss":8192\}/, 'sorted, exact');
  t.match(text, /"usage":\{"limit":9223372036854771712,"usage":12288,"max":20480,"failcnt":4\}/);
  t.strictSame(document.memory.swap, { limit: 0, failcnt: 0 }, 'what is 0 is left out');
  t.strictSame(document.pids, { current: 3 });
  t.strictSame(document.blkio, {
    ioServiceBytesRecursive: [
      { major: 8, op: 'Read', value: 4096 },
      { major: 8, op: 'Write' },
    ],
    ioServicedRecursive: [
      { major: 8, op: 'Read', value: 1 },
      { major: 8, op: 'Write' },
    ],
  });
  t.strictSame(document.hugetlb, { '2MB': { usage: 2097152, max: 4194304, failcnt: 1 } });
  t.strictSame(document.intel_rdt, {});
  t.equal(document.network_interfaces, null);
});

t.test('cgroup v2', async (t) => {
  const files = below('/cg/c', {
    'cpu.stat': 'usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 1\nnr_throttled 1\nthrottled_usec 9\n',
    'cpu.pressure': pressure,
    'cpuset.cpus': '\n',
    'cpuset.cpus.effective': '0-1\n',
    'cpuset.mems': '\n',
    'cpuset.mems.effective': '0\n',
    'memory.stat': 'anon 100\nfile 200\n',
    'memory.current': '300\n',
    'memory.max': 'max\n',
    'memory.peak': '400\n',
    'memory.swap.current': '50\n',
    'memory.swap.max': 'max\n',
    'memory.pressure': pressure,
    'pids.current': '2\n',
    'pids.max': '10\n',
    'io.stat': '8:16 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=5 dios=6\n8:0 \n',
    'hugetlb.1GB.current': '0\n',
    'hugetlb.1GB.events': 'max 3\n',
  });
  const { document, text } = documentOf(files, { '': '/cg/c' });
  t.strictSame(document.cpu.usage, { total: 5000, kernel: 2000, user: 3000 });
  t.strictSame(document.cpu.throttling, { periods: 1, throttledPeriods: 1, throttledTime: 9000 });
  t.strictSame(document.cpu.psi, {
    some: { avg10: 1.5, avg60: 0.25, avg300: 0, total: 1234 },
    full: { avg10: 0, avg60: 0, avg300: 0, total: 12 },
  });
  t.strictSame(document.cpuset.cpus, [0, 1], 'the effective ones where it has none of its own');
  t.equal(document.memory.cache, 200);
  t.match(text, /"usage":\{"limit":18446744073709551615,"usage":300,"max":400,"failcnt":0\}/);
  t.match(text, /"swap":\{"limit":18446744073709551615,"usage":350,"failcnt":0\}/, 'memory and swap together');
  t.strictSame(document.pids, { current: 2, limit: 10 });
  t.strictSame(document.blkio.ioServiceBytesRecursive, [
    { major: 8, minor: 16, op: 'Read', value: 4096 },
    { major: 8, minor: 16, op: 'Write' },
  ]);
  t.strictSame(document.hugetlb, { '1GB': { failcnt: 3 } });
});

t.test('a hybrid host: each controller where it is, pressure from v2', async (t) => {
  const files = {
    ...below('/cg/memory/c', { 'memory.usage_in_bytes': '7\n', 'memory.limit_in_bytes': '9\n' }),
    ...below('/cg/unified/c', { 'memory.current': '1\n', 'memory.pressure': pressure, 'hugetlb.2MB.current': '8\n' }),
  };
  const { document } = documentOf(files, { memory: '/cg/memory/c', '': '/cg/unified/c' });
  t.match(document.memory, { usage: { limit: 9, usage: 7 }, psi: { some: { total: 1234 } } });
  t.match(document.hugetlb, { '2MB': { usage: 8 } });
});

t.test('nothing at all', async (t) => {
  const { document } = documentOf({}, {});
  t.strictSame(document.cpu, { usage: { kernel: 0, user: 0 }, throttling: {} });
  t.strictSame(document.pids, {});
  t.strictSame(document.memory.usage, { limit: 0, failcnt: 0 });
});

t.test('interfaces have capitals', async (t) => {
  const { native } = fakeNative();
  const counters = {
    rxBytes: 1,
    rxPackets: 2,
    rxErrors: 0,
    rxDropped: 0,
    txBytes: 3,
    txPackets: 4,
    txErrors: 0,
    txDropped: 0,
  };
  const cgroup = cgroupStats(native, {});
  const { network_interfaces } = statsDocument({
    cgroup,
    intelRdt: undefined,
    interfaces: [{ name: 'eth0', ...counters }],
  });
  t.strictSame(network_interfaces, [
    {
      Name: 'eth0',
      RxBytes: 1,
      RxPackets: 2,
      RxErrors: 0,
      RxDropped: 0,
      TxBytes: 3,
      TxPackets: 4,
      TxErrors: 0,
      TxDropped: 0,
    },
  ]);
});
