import type { Int, Resources } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import type { CgroupOperation } from '../plan/cgroup-plan.js';
import { cpuWeight } from '../plan/cpu-weight.js';
import { isSet, refuseSet, write } from '../plan/operations.js';
import { readCounts, times } from '../stat-file.js';
import type { CpuThrottling, CpuUsage } from '../stat-types.js';

/**
 * Writes of the v2 cpu controller (cgroup-v2.rst, "CPU Interface Files").
 * @param from pointer of the `cpu` section
 * @throws TsruncError 'unsupported' for the real-time fields: v2 has no files for them
 */
export function setCpu(cpu: NonNullable<Resources['cpu']>, folder: string, from: string): CgroupOperation[] {
  refuseSet(cpu, ['realtimeRuntime', 'realtimePeriod'], from, 'cgroup v2 has no real-time limits');
  const operations: CgroupOperation[] = [];
  const weight = isSet(cpu.shares) ? [write(folder, 'cpu.weight', cpuWeight(cpu.shares), `${from}/shares`)] : [];
  const idle = cpu.idle !== undefined ? [write(folder, 'cpu.idle', cpu.idle, `${from}/idle`)] : [];
  // An idle group refuses a weight with EINVAL: the weight before idle 1, after idle 0.
  operations.push(...(Number(cpu.idle ?? 0) === 1 ? [...weight, ...idle] : [...idle, ...weight]));
  const max = maxOf(cpu.quota, cpu.period);
  if (cpu.burst !== undefined) {
    const burst = write(folder, 'cpu.max.burst', cpu.burst, `${from}/burst`);
    // Burst may not exceed the quota at any moment.
    if (max !== undefined) burst.retryAfterNext = true;
    operations.push(burst);
  }
  if (max !== undefined)
    operations.push(write(folder, 'cpu.max', max, isSet(cpu.quota) ? `${from}/quota` : `${from}/period`));
  return operations;
}

/** The text of cpu.max: a quota alone keeps the present period; a period alone goes with `max`, the quota of a new cgroup. */
function maxOf(quota: Int | undefined, period: Int | undefined): string | undefined {
  if (!isSet(quota) && !isSet(period)) return undefined;
  const first = isSet(quota) && quota > 0 ? String(quota) : 'max';
  return isSet(period) ? `${first} ${period}` : first;
}

/** cpu.stat, which is there without the controller too, in microseconds. v2 doesn't tell CPUs apart. */
export function statCpu(native: Native, folder: string): { usage: CpuUsage; throttling: CpuThrottling } {
  const stat = readCounts(native, folder, 'cpu.stat');
  const count = (key: string) => stat?.get(key) ?? 0;
  const nanoseconds = (key: string) => times(count(key), 1000);
  return {
    usage: {
      total: nanoseconds('usage_usec'),
      percpu: [],
      percpuKernel: [],
      percpuUser: [],
      kernel: nanoseconds('system_usec'),
      user: nanoseconds('user_usec'),
    },
    throttling: {
      periods: count('nr_periods'),
      throttledPeriods: count('nr_throttled'),
      throttledTime: nanoseconds('throttled_usec'),
    },
  };
}
