import type { Resources } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import type { CgroupOperation } from '../plan/cgroup-plan.js';
import { swapMax } from '../plan/memory-swap.js';
import { isSet, maxOr, refuseSet, unsupported, write, writeGivenUp } from '../plan/operations.js';
import { MAX, readCount, readCounts, sum } from '../stat-file.js';
import type { MemoryEntry, MemoryStats } from '../stat-types.js';

/**
 * Writes of the v2 memory controller (cgroup-v2.rst, "Memory Interface Files").
 *
 * `kernel` and `kernelTCP` are a warning: v2 has no such limits, it counts that memory within memory.max, and the specification
 * calls them not recommended. `useHierarchy` true is what v2 always does.
 * @param from pointer of the `memory` section
 * @throws TsruncError 'unsupported' for what only v1 can do, 'config' for an impossible swap
 */
export function setMemory(memory: NonNullable<Resources['memory']>, folder: string, from: string): CgroupOperation[] {
  if (memory.swappiness !== undefined)
    throw unsupported(`${from}/swappiness`, 'cgroup v2 has no swappiness of a cgroup', 'leave it out on this host');
  refuseSet(memory, ['disableOOMKiller'], from, "cgroup v2 can't turn the OOM killer off");
  if (memory.useHierarchy === false)
    throw unsupported(`${from}/useHierarchy`, 'memory is always accounted hierarchically in cgroup v2');
  const operations: CgroupOperation[] = [];
  const swap = swapMax(memory.limit, memory.swap, `${from}/swap`);
  if (swap !== undefined) {
    // Without swap accounting there's nothing to leave unlimited, and nothing to limit without swap.
    const missing = swap === 'max' ? 'ignore' : swap === '0' ? 'no-swap' : 'error';
    operations.push(
      write(folder, 'memory.swap.max', swap, memory.swap === undefined ? `${from}/limit` : `${from}/swap`, missing),
    );
  }
  if (isSet(memory.limit)) operations.push(write(folder, 'memory.max', maxOr(memory.limit), `${from}/limit`));
  if (isSet(memory.reservation))
    operations.push(write(folder, 'memory.low', maxOr(memory.reservation), `${from}/reservation`));
  // v1's files: missing they are told of as there.
  if (isSet(memory.kernel))
    operations.push(writeGivenUp(folder, 'memory.kmem.limit_in_bytes', memory.kernel, `${from}/kernel`));
  if (isSet(memory.kernelTCP))
    operations.push(writeGivenUp(folder, 'memory.kmem.tcp.limit_in_bytes', memory.kernelTCP, `${from}/kernelTCP`));
  return operations;
}

const none: MemoryEntry = { limit: 0, usage: 0, max: 0, failcnt: 0 };

/** As v1 has it: swap is told together with memory, for which there is no record of the most that was in use. */
export function statMemory(native: Native, folder: string): MemoryStats {
  const raw = readCounts(native, folder, 'memory.stat') ?? new Map();
  const count = (file: string) => readCount(native, folder, `memory.${file}`);
  const usage: MemoryEntry = {
    limit: count('max') ?? 0,
    usage: count('current') ?? 0,
    max: count('peak') ?? 0,
    failcnt: 0,
  };
  const swapUsage = count('swap.current');
  const swapLimit = count('swap.max') ?? 0;
  // Without swap accounting nothing is known of swap, and memory alone is told.
  const swap: MemoryEntry = {
    limit: swapLimit === MAX ? MAX : sum(swapLimit, usage.limit),
    usage: sum(swapUsage ?? 0, usage.usage),
    max: 0,
    failcnt: 0,
  };
  return { cache: raw.get('file') ?? 0, usage, swap, kernel: none, kernelTCP: none, raw };
}
