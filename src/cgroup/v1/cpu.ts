import type { Resources } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import type { CgroupOperation, CgroupWrite } from '../plan/cgroup-plan.js';
import { isSet, write } from '../plan/operations.js';
import { parseCount, readCount, readCounts, readStat, times } from '../stat-file.js';
import type { CpuThrottling, CpuUsage } from '../stat-types.js';

/**
 * Writes of the v1 cpu controller (sched-bwc.rst, sched-rt-group.rst). Shares below 2 and above 262144 are the kernel's to clamp.
 * @param from pointer of the `cpu` section
 */
export function setCpu(cpu: NonNullable<Resources['cpu']>, folder: string, from: string): CgroupOperation[] {
  const operations: CgroupWrite[] = [];
  const shares = isSet(cpu.shares) ? [write(folder, 'cpu.shares', cpu.shares, `${from}/shares`)] : [];
  const idle = cpu.idle !== undefined ? [write(folder, 'cpu.idle', cpu.idle, `${from}/idle`)] : [];
  // An idle group refuses shares with EINVAL: shares before idle 1, after idle 0.
  operations.push(...(Number(cpu.idle ?? 0) === 1 ? [...shares, ...idle] : [...idle, ...shares]));
  // Runtime may not exceed the period at any moment, nor burst the quota, nor quota/period the parent's share.
  operations.push(
    ...dependent(
      isSet(cpu.realtimePeriod) && write(folder, 'cpu.rt_period_us', cpu.realtimePeriod, `${from}/realtimePeriod`),
      isSet(cpu.realtimeRuntime) && write(folder, 'cpu.rt_runtime_us', cpu.realtimeRuntime, `${from}/realtimeRuntime`),
    ),
  );
  const quota = dependent(
    isSet(cpu.period) && write(folder, 'cpu.cfs_period_us', cpu.period, `${from}/period`),
    isSet(cpu.quota) && write(folder, 'cpu.cfs_quota_us', cpu.quota < 0 ? -1 : cpu.quota, `${from}/quota`),
  );
  operations.push(...quota);
  // A burst above the quota is refused, and so is a quota below the burst.
  if (cpu.burst !== undefined) {
    const last = quota[quota.length - 1];
    if (last) last.retryAfterNext = true;
    operations.push(write(folder, 'cpu.cfs_burst_us', cpu.burst, `${from}/burst`));
  }
  return operations;
}

function dependent(first: CgroupWrite | false, second: CgroupWrite | false): CgroupWrite[] {
  if (first && second) first.retryAfterNext = true;
  return [first, second].filter((operation) => operation !== false);
}

/** cpu.stat: times in nanoseconds. */
export function statCpuThrottling(native: Native, folder: string): CpuThrottling {
  const stat = readCounts(native, folder, 'cpu.stat');
  return {
    periods: stat?.get('nr_periods') ?? 0,
    throttledPeriods: stat?.get('nr_throttled') ?? 0,
    throttledTime: stat?.get('throttled_time') ?? 0,
  };
}

/** A clock tick in nanoseconds: USER_HZ is 100 on every architecture tsrunc supports. */
const TICK = 10_000_000;

/** The cpuacct controller (cgroup-v1/cpuacct.rst). cpuacct.stat counts clock ticks, the others nanoseconds. */
export function statCpuacct(native: Native, folder: string): CpuUsage {
  const stat = readCounts(native, folder, 'cpuacct.stat');
  const percpu = (readStat(native, folder, 'cpuacct.usage_percpu') ?? '').split(/\s+/).filter(Boolean);
  // A line for the heads of the columns, then `cpu user system` for each CPU.
  const all = (readStat(native, folder, 'cpuacct.usage_all') ?? '').trim().split('\n').slice(1);
  const column = (index: number) => all.map((line) => parseCount(line.split(' ')[index] ?? ''));
  return {
    total: readCount(native, folder, 'cpuacct.usage') ?? 0,
    percpu: percpu.map(parseCount),
    percpuKernel: column(2),
    percpuUser: column(1),
    kernel: times(stat?.get('system') ?? 0, TICK),
    user: times(stat?.get('user') ?? 0, TICK),
  };
}
