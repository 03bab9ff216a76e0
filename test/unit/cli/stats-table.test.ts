import t from 'tap';
import { StatsTable, sizeOf } from '../../../src/cli/output/stats-table.js';
import type { ContainerStats } from '../../../src/container/commands/events.js';

const plain = { width: 80, colour: false };

function stats(cpu: number, limit: number | bigint): ContainerStats {
  const entry = { limit, usage: 1.5 * 2 ** 20, max: 0, failcnt: 0 };
  return {
    cgroup: {
      cpu: {
        usage: { total: cpu, percpu: [], percpuKernel: [], percpuUser: [], kernel: 0, user: 0 },
        throttling: { periods: 0, throttledPeriods: 0, throttledTime: 0 },
        pressure: undefined,
      },
      cpuset: { cpus: [], mems: [], flags: {} },
      memory: {
        cache: 0,
        usage: entry,
        swap: entry,
        kernel: entry,
        kernelTCP: entry,
        raw: new Map(),
        pressure: undefined,
      },
      pids: { current: 3, limit: 0 },
      blkio: {
        serviceBytes: [
          { major: 8, minor: 0, op: 'Read', value: 1024n },
          { major: 8, minor: 16, op: 'Read', value: 1024 },
          { major: 8, minor: 0, op: 'Write', value: 5 },
        ],
        pressure: undefined,
      },
      hugetlb: new Map(),
    },
    intelRdt: undefined,
    interfaces: [],
  };
}

t.test('rows of statistics', async (t) => {
  const table = new StatsTable(plain);
  const first = table.row(stats(1e9, 2 ** 30), { real: 3600, monotonic: 10 });
  t.equal(
    first,
    `TIME (UTC)    CPU   MEMORY    LIMIT  PIDS     READ  WRITTEN RECEIVED     SENT
01:00:00        -     1.5M     1.0G     3     2.0K       5B       0B       0B
`,
  );
  t.ok(first.split('\n').every((line) => line.length < 80));
  t.match(table.row(stats(2e9, 2n ** 63n - 4096n), { real: 3602, monotonic: 12 }), /^01:00:02 {4}50\.0% +1\.5M +none /);
  t.equal(table.oom({ real: 3603, monotonic: 13 }), '01:00:03 a process was killed: out of memory\n');
  t.ok(new StatsTable({ ...plain, colour: true }).row(stats(0, 0), { real: 0, monotonic: 0 }).startsWith('\u001b[1m'));
});

t.test('sizes', async (t) => {
  for (const [bytes, text] of [
    [0, '0B'],
    [999, '999B'],
    [1000, '1.0K'],
    [1024, '1.0K'],
    [150 * 1024, '150K'],
    [2n ** 40n, '1.0T'],
  ] as const)
    t.equal(sizeOf(bytes), text);
});
