// How a `run` grows with its configuration, and what callers at once get done.
import { call, cleanUp, line } from './commands.mjs';
import { otherCruns } from './report.mjs';
import { summary } from './statistics.mjs';

const range = (count) => Array.from({ length: count }, (_, i) => i);

/** Does nothing: busybox is what its first argument says. */
const hook = { path: '/bench/rootfs/bin/busybox', args: ['true'] };

/** What grows: its sizes, the number of which the slope is told, and how a configuration gets that size. */
export const growing = {
  env: {
    sizes: [10, 100, 1000, 3000],
    per: 1000,
    change: (config, size) => config.process.env.push(...range(size).map((i) => `VARIABLE_${i}=value ${i}`)),
  },
  mounts: {
    sizes: [10, 100, 1000, 3000],
    per: 1000,
    change: (config, size) => {
      config.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs' });
      for (const i of range(size))
        config.mounts.push({ destination: `/tmp/${i}`, type: 'bind', source: '/bench/file', options: ['bind'] });
    },
  },
  hooks: {
    sizes: [1, 10, 50, 100],
    per: 100,
    change: (config, size) => {
      config.hooks = { createRuntime: range(size).map(() => hook) };
    },
  },
  'annotations, bytes, and six hooks': {
    sizes: [1_000, 10_000, 100_000, 1_000_000],
    per: 1_000_000,
    change: (config, size) => {
      config.annotations = { 'org.example.large': 'x'.repeat(size) };
      config.hooks = { createRuntime: range(6).map(() => hook) };
    },
  },
  // A value of 64 bits takes the filter some four instructions; it may have 4,096.
  'seccomp rules': {
    sizes: [10, 100, 500, 900],
    per: 1000,
    change: (config, size) => {
      const rule = (i) => ({
        names: ['kcmp'],
        action: 'SCMP_ACT_ERRNO',
        args: [{ index: 0, value: i + 1, op: 'SCMP_CMP_EQ' }],
      });
      config.linux.seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        architectures: ['SCMP_ARCH_X86_64'],
        syscalls: range(size).map(rule),
      };
    },
  },
};

/** How many callers there are at once. */
const crowds = [1, 2, 4, 8, 16];

/**
 * Measures `run` with every size of everything that grows.
 * @returns { kind, per, sizes: [{ size, of: { RUNTIME: { median, minimum, cpu } } }], slopes: { RUNTIME: ms } }, of each kind
 */
export function measureGrowth(bench, count) {
  // Its pipe to the hooks breaks at a hundred of them.
  const runtimes = bench.runtimes.filter(({ name }) => name !== otherCruns.packaged);
  return Object.entries(growing).map(([kind, { sizes, per, change }]) => {
    const bundles = sizes.map((size) =>
      bench.bundle('spec', 'true', `growth-${size}`, (config) => change(config, size)),
    );
    const lines = range(count).flatMap((round) =>
      sizes.flatMap((size, i) =>
        runtimes.map((runtime) =>
          line(
            'run',
            `${round} growth ${size} ${runtime.name}`,
            ...call(runtime, 'run', '--bundle', bundles[i], 'bench-growth'),
          ),
        ),
      ),
    );
    const rows = bench.measure(lines);
    const names = runtimes.map(({ name }) => name);
    const table = sizes.map((size) => ({
      size,
      of: Object.fromEntries(
        names.map((name) => {
          const own = rows.filter(({ config, runtime }) => config === String(size) && runtime === name);
          return [name, { ...summary(own.map(({ ms }) => ms)), cpu: summary(own.map(({ cpu }) => cpu)).median }];
        }),
      ),
    }));
    const slopes = Object.fromEntries(
      names.map((name) => [name, per * slope(table.map(({ size, of }) => [size, of[name].median]))]),
    );
    return { kind, per, sizes: table, slopes };
  });
}

/** The slope of the line through points [x, y] with the least squares. */
export function slope(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(points.map((point) => point[0]));
  const y = mean(points.map((point) => point[1]));
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return above / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

/**
 * Has each runtime run `total` containers, so many at once.
 * @returns { callers, of: { RUNTIME: containers a second } }, of each number of callers
 */
export function measureCrowds(bench, total) {
  return crowds.map((callers) => {
    const of = {};
    for (const runtime of bench.runtimes) {
      const words = call(runtime, 'run', '--bundle', '/bench/bundles/spec-true', 'bench-crowd-%');
      const [row] = bench.measure([line('crowd', `0 crowd ${callers} ${runtime.name}`, callers, total, ...words)]);
      of[runtime.name] = total / (row.ms / 1000);
    }
    return { callers, of };
  });
}

/** Removes what a measuring that was cut short may have left. */
export const cleanUpGrowth = (runtimes, total) =>
  cleanUp(runtimes, ['bench-growth', ...range(total).map((i) => `bench-crowd-${i}`)]);
