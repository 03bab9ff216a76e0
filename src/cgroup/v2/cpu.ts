/** The cpu controller of cgroup v2: its limits and its statistics. */
import type { Int, Resources } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import type { CgroupOperation } from '../plan/cgroup-plan.js';
import { cpuWeight } from '../plan/cpu-weight.js';
import { isSet, refuseSet, write } from '../plan/operations.js';
import { readCounts, times } from '../stat-file.js';
import type { CpuThrottling, CpuUsage } from '../stat-types.js';

/**
 * The writes for the v2 cpu controller (cgroup-v2.rst, "CPU Interface Files").
 * @param pointer JSON pointer of the `cpu` section
 * @throws TsruncError 'unsupported' for the real-time fields, for which v2 has no files
 */
export function setCpu(cpu: NonNullable<Resources['cpu']>, directory: string, pointer: string): CgroupOperation[] {
  refuseSet(cpu, ['realtimeRuntime', 'realtimePeriod'], pointer, 'cgroup v2 has no real-time limits');
  const operations: CgroupOperation[] = [];
  const weight = isSet(cpu.shares) ? [write(directory, 'cpu.weight', cpuWeight(cpu.shares), `${pointer}/shares`)] : [];
  const idle = cpu.idle !== undefined ? [write(directory, 'cpu.idle', cpu.idle, `${pointer}/idle`)] : [];
  // The kernel refuses a weight for an idle group (EINVAL), so it goes before idle 1 and after idle 0.
  operations.push(...(Number(cpu.idle ?? 0) === 1 ? [...weight, ...idle] : [...idle, ...weight]));
  const max = maxOf(cpu.quota, cpu.period);
  if (cpu.burst !== undefined) {
    const burst = write(directory, 'cpu.max.burst', cpu.burst, `${pointer}/burst`);
    // At every write the kernel checks that the burst isn't above the quota.
    if (max !== undefined) burst.retryAfterNext = true;
    operations.push(burst);
  }
  if (max !== undefined)
    operations.push(write(directory, 'cpu.max', max, isSet(cpu.quota) ? `${pointer}/quota` : `${pointer}/period`));
  return operations;
}

/**
 * The text for cpu.max; undefined if neither is set. With a quota alone the kernel keeps the present period. A period
 * alone is written with `max`, the quota that a new cgroup has.
 */
function maxOf(quota: Int | undefined, period: Int | undefined): string | undefined {
  if (!isSet(quota) && !isSet(period)) return undefined;
  const first = isSet(quota) && quota > 0 ? String(quota) : 'max';
  return isSet(period) ? `${first} ${period}` : first;
}

/**
 * The statistics in cpu.stat, converted from microseconds to nanoseconds. The file exists even without the controller.
 * v2 has no numbers for single CPUs.
 */
export function statCpu(native: Native, directory: string): { usage: CpuUsage; throttling: CpuThrottling } {
  const stat = readCounts(native, directory, 'cpu.stat');
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
