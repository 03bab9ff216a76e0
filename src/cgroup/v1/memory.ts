/** The memory controller of cgroup v1: its limits and its statistics. */
import type { Resources } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import type { CgroupOperation } from '../plan/cgroup-plan.js';
import { isSet, write, writeGivenUp } from '../plan/operations.js';
import { readCount, readCounts } from '../stat-file.js';
import type { MemoryEntry, MemoryStats } from '../stat-types.js';

/**
 * The writes for the v1 memory controller (cgroup-v1/memory.rst).
 *
 * `limit` may never exceed the limit of memory and swap (memsw), so raising both needs memsw first, and lowering both
 * needs the limit first. The limit is tried first, and again after memsw if the kernel says EINVAL. `kernel` and
 * `kernelTCP` are only a warning where they have no effect: from Linux 5.16 on kernels refuse or ignore the first, and
 * later ones have neither.
 * @param pointer JSON pointer of the `memory` section
 */
export function setMemory(
  memory: NonNullable<Resources['memory']>,
  directory: string,
  pointer: string,
): CgroupOperation[] {
  const operations: CgroupOperation[] = [];
  if (memory.useHierarchy !== undefined)
    operations.push(write(directory, 'memory.use_hierarchy', memory.useHierarchy ? 1 : 0, `${pointer}/useHierarchy`));
  const limitless = memory.limit !== undefined && memory.limit < 0;
  const swap = isSet(memory.swap) || !limitless ? memory.swap : -1;
  if (isSet(memory.limit)) {
    const limit = write(directory, 'memory.limit_in_bytes', memory.limit, `${pointer}/limit`);
    if (isSet(swap)) limit.retryAfterNext = true;
    operations.push(limit);
  }
  if (isSet(swap)) {
    const asked = isSet(memory.swap);
    // The file is missing where swap isn't accounted; swap has no limit then anyway, so that is fine if none is asked
    // for.
    const missing = asked && swap >= 0 ? 'error' : 'ignore';
    operations.push(
      write(directory, 'memory.memsw.limit_in_bytes', swap, asked ? `${pointer}/swap` : `${pointer}/limit`, missing),
    );
  }
  if (isSet(memory.reservation))
    operations.push(write(directory, 'memory.soft_limit_in_bytes', memory.reservation, `${pointer}/reservation`));
  if (isSet(memory.kernel))
    operations.push(writeGivenUp(directory, 'memory.kmem.limit_in_bytes', memory.kernel, `${pointer}/kernel`));
  if (isSet(memory.kernelTCP))
    operations.push(
      writeGivenUp(directory, 'memory.kmem.tcp.limit_in_bytes', memory.kernelTCP, `${pointer}/kernelTCP`),
    );
  if (memory.swappiness !== undefined)
    operations.push(write(directory, 'memory.swappiness', memory.swappiness, `${pointer}/swappiness`));
  if (memory.disableOOMKiller)
    operations.push(write(directory, 'memory.oom_control', 1, `${pointer}/disableOOMKiller`));
  return operations;
}

/**
 * The statistics of the memory controller in bytes; those of swap and kernel memory are 0 if the kernel doesn't account
 * them.
 */
export function statMemory(native: Native, directory: string): MemoryStats {
  const raw = readCounts(native, directory, 'memory.stat') ?? new Map();
  const entry = (prefix: string): MemoryEntry => {
    const count = (file: string) => readCount(native, directory, `${prefix}.${file}`) ?? 0;
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
