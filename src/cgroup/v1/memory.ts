import type { Resources } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import type { CgroupOperation } from '../plan/cgroup-plan.js';
import { isSet, write, writeGivenUp } from '../plan/operations.js';
import { readCount, readCounts } from '../stat-file.js';
import type { MemoryEntry, MemoryStats } from '../stat-types.js';

/**
 * Writes of the v1 memory controller (cgroup-v1/memory.rst).
 *
 * `limit` may never exceed memory and swap together (memsw), so raising both needs memsw first and lowering both the limit
 * first: the limit is tried and comes after memsw where the kernel says EINVAL. Of `kernel` and `kernelTCP` what isn't kept is a
 * warning: kernels from 5.16 on refuse or ignore the first, later ones have neither.
 * @param from pointer of the `memory` section
 */
export function setMemory(memory: NonNullable<Resources['memory']>, folder: string, from: string): CgroupOperation[] {
  const operations: CgroupOperation[] = [];
  if (memory.useHierarchy !== undefined)
    operations.push(write(folder, 'memory.use_hierarchy', memory.useHierarchy ? 1 : 0, `${from}/useHierarchy`));
  const limitless = memory.limit !== undefined && memory.limit < 0;
  const swap = isSet(memory.swap) || !limitless ? memory.swap : -1;
  if (isSet(memory.limit)) {
    const limit = write(folder, 'memory.limit_in_bytes', memory.limit, `${from}/limit`);
    if (isSet(swap)) limit.retryAfterNext = true;
    operations.push(limit);
  }
  if (isSet(swap)) {
    const asked = isSet(memory.swap);
    // Where swap isn't accounted the file is missing, and "no limit" holds already.
    const missing = asked && swap >= 0 ? 'error' : 'ignore';
    operations.push(
      write(folder, 'memory.memsw.limit_in_bytes', swap, asked ? `${from}/swap` : `${from}/limit`, missing),
    );
  }
  if (isSet(memory.reservation))
    operations.push(write(folder, 'memory.soft_limit_in_bytes', memory.reservation, `${from}/reservation`));
  if (isSet(memory.kernel))
    operations.push(writeGivenUp(folder, 'memory.kmem.limit_in_bytes', memory.kernel, `${from}/kernel`));
  if (isSet(memory.kernelTCP))
    operations.push(writeGivenUp(folder, 'memory.kmem.tcp.limit_in_bytes', memory.kernelTCP, `${from}/kernelTCP`));
  if (memory.swappiness !== undefined)
    operations.push(write(folder, 'memory.swappiness', memory.swappiness, `${from}/swappiness`));
  if (memory.disableOOMKiller) operations.push(write(folder, 'memory.oom_control', 1, `${from}/disableOOMKiller`));
  return operations;
}

/** Swap and kernel memory only where the kernel accounts for them. */
export function statMemory(native: Native, folder: string): MemoryStats {
  const raw = readCounts(native, folder, 'memory.stat') ?? new Map();
  const entry = (prefix: string): MemoryEntry => {
    const count = (file: string) => readCount(native, folder, `${prefix}.${file}`) ?? 0;
    return {
      limit: count('limit_in_bytes'),
      usage: count('usage_in_bytes'),
      max: count('max_usage_in_bytes'),
      failcnt: count('failcnt'),
    };
  };
  return {
    cache: raw.get('cache') ?? 0,
    usage: entry('memory'),
    swap: entry('memory.memsw'),
    kernel: entry('memory.kmem'),
    kernelTCP: entry('memory.kmem.tcp'),
    raw,
  };
}
