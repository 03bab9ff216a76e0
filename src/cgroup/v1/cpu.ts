/** The cpu and cpuacct controllers of cgroup v1: their limits and their statistics. */
import type { Resources } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import type { CgroupOperation, CgroupWrite } from '../plan/cgroup-plan.js';
import { isSet, write } from '../plan/operations.js';
import { parseCount, readCount, readCounts, readStat, times } from '../stat-file.js';
import type { CpuThrottling, CpuUsage } from '../stat-types.js';

/**
 * The writes for the v1 cpu controller (sched-bwc.rst, sched-rt-group.rst). Shares are written as given: the kernel
 * itself limits them to 2..262144.
 * @param pointer JSON pointer of the `cpu` section
 */
export function setCpu(cpu: NonNullable<Resources['cpu']>, directory: string, pointer: string): CgroupOperation[] {
  const operations: CgroupWrite[] = [];
  const shares = isSet(cpu.shares) ? [write(directory, 'cpu.shares', cpu.shares, `${pointer}/shares`)] : [];
  const idle = cpu.idle !== undefined ? [write(directory, 'cpu.idle', cpu.idle, `${pointer}/idle`)] : [];
  // The kernel refuses shares for an idle group (EINVAL), so they go before idle 1 and after idle 0.
  operations.push(...(Number(cpu.idle ?? 0) === 1 ? [...shares, ...idle] : [...idle, ...shares]));
  // At every write the kernel checks that runtime <= period, burst <= quota, and quota/period is at most the parent's.
  operations.push(
    ...dependent(
      isSet(cpu.realtimePeriod) &&
        write(directory, 'cpu.rt_period_us', cpu.realtimePeriod, `${pointer}/realtimePeriod`),
      isSet(cpu.realtimeRuntime) &&
        write(directory, 'cpu.rt_runtime_us', cpu.realtimeRuntime, `${pointer}/realtimeRuntime`),
    ),
  );
  const quota = dependent(
    isSet(cpu.period) && write(directory, 'cpu.cfs_period_us', cpu.period, `${pointer}/period`),
    isSet(cpu.quota) && write(directory, 'cpu.cfs_quota_us', cpu.quota < 0 ? -1 : cpu.quota, `${pointer}/quota`),
  );
  operations.push(...quota);
  // Raising both needs the quota first, lowering both needs the burst first.
  if (cpu.burst !== undefined) {
    const last = quota[quota.length - 1];
    if (last) last.retryAfterNext = true;
    operations.push(write(directory, 'cpu.cfs_burst_us', cpu.burst, `${pointer}/burst`));
  }
  return operations;
}

function dependent(first: CgroupWrite | false, second: CgroupWrite | false): CgroupWrite[] {
  if (first && second) first.retryAfterNext = true;
  return [first, second].filter((operation) => operation !== false);
}

/** The statistics of the CPU quota from cpu.stat, whose times are in nanoseconds in v1. */
export function statCpuThrottling(native: Native, directory: string): CpuThrottling {
  const stat = readCounts(native, directory, 'cpu.stat');
  return {
    periods: stat?.get('nr_periods') ?? 0,
    throttledPeriods: stat?.get('nr_throttled') ?? 0,
    throttledTime: stat?.get('throttled_time') ?? 0,
  };
}

/** A clock tick in nanoseconds: USER_HZ is 100 on every architecture that tsrunc supports. */
const TICK = 10_000_000;

/**
 * The statistics of the v1 cpuacct controller, in nanoseconds (cgroup-v1/cpuacct.rst). cpuacct.stat counts clock ticks,
 * the other files nanoseconds.
 */
export function statCpuacct(native: Native, directory: string): CpuUsage {
  const stat = readCounts(native, directory, 'cpuacct.stat');
  const percpu = (readStat(native, directory, 'cpuacct.usage_percpu') ?? '').split(/\s+/).filter(Boolean);
  // cpuacct.usage_all has a line of titles, then a line `cpu user system` per CPU.
  const all = (readStat(native, directory, 'cpuacct.usage_all') ?? '').trim().split('\n').slice(1);
  const column = (index: number) => all.map((line) => parseCount(line.split(' ')[index] ?? ''));
  return {
    total: readCount(native, directory, 'cpuacct.usage') ?? 0,
    percpu: percpu.map(parseCount),
    percpuKernel: column(2),
    percpuUser: column(1),
    kernel: times(stat?.get('system') ?? 0, TICK),
    user: times(stat?.get('user') ?? 0, TICK),
  };
}
