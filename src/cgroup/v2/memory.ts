/** The memory controller of cgroup v2: its limits and its statistics. */
import type { Resources } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import type { CgroupOperation } from '../plan/cgroup-plan.js';
import { swapMax } from '../plan/memory-swap.js';
import { isSet, maxOr, refuseSet, unsupported, write, writeGivenUp } from '../plan/operations.js';
import { MAX, readCount, readCounts, sum } from '../stat-file.js';
import type { MemoryEntry, MemoryStats } from '../stat-types.js';

/**
 * The writes for the v2 memory controller (cgroup-v2.rst, "Memory Interface Files").
 *
 * `kernel` and `kernelTCP` only give a warning: v2 has no such limits but counts that memory towards memory.max, and
 * the OCI specification advises against them. `useHierarchy` true is accepted, as v2 always works like that.
 * @param pointer JSON pointer of the `memory` section
 * @throws TsruncError 'unsupported' for what only v1 can do, 'config' for an impossible swap limit
 */
export function setMemory(
  memory: NonNullable<Resources['memory']>,
  directory: string,
  pointer: string,
): CgroupOperation[] {
  if (memory.swappiness !== undefined)
    throw unsupported(`${pointer}/swappiness`, 'cgroup v2 has no swappiness of a cgroup', 'leave it out on this host');
  refuseSet(memory, ['disableOOMKiller'], pointer, "cgroup v2 can't turn the OOM killer off");
  if (memory.useHierarchy === false)
    throw unsupported(`${pointer}/useHierarchy`, 'memory is always accounted hierarchically in cgroup v2');
  const operations: CgroupOperation[] = [];
  const swap = swapMax(memory.limit, memory.swap, `${pointer}/swap`);
  if (swap !== undefined) {
    // The file is missing without swap accounting. That is fine if no limit is asked for, and for a limit of 0 if there
    // is no swap.
    const missing = swap === 'max' ? 'ignore' : swap === '0' ? 'no-swap' : 'error';
    operations.push(
      write(
        directory,
        'memory.swap.max',
        swap,
        memory.swap === undefined ? `${pointer}/limit` : `${pointer}/swap`,
        missing,
      ),
    );
  }
  if (isSet(memory.limit)) operations.push(write(directory, 'memory.max', maxOr(memory.limit), `${pointer}/limit`));
  if (isSet(memory.reservation))
    operations.push(write(directory, 'memory.low', maxOr(memory.reservation), `${pointer}/reservation`));
  // Files of v1, which never exist here: writeGivenUp makes that a warning, the same as with v1.
  if (isSet(memory.kernel))
    operations.push(writeGivenUp(directory, 'memory.kmem.limit_in_bytes', memory.kernel, `${pointer}/kernel`));
  if (isSet(memory.kernelTCP))
    operations.push(
      writeGivenUp(directory, 'memory.kmem.tcp.limit_in_bytes', memory.kernelTCP, `${pointer}/kernelTCP`),
    );
  return operations;
}

const none: MemoryEntry = { limit: 0, usage: 0, max: 0, failcnt: 0 };

/**
 * The statistics of the memory controller in bytes, in the shape of v1: `swap` is memory and swap together. v2 doesn't
 * record a peak of that sum, so its `max` is 0.
 */
export function statMemory(native: Native, directory: string): MemoryStats {
  const raw = readCounts(native, directory, 'memory.stat') ?? new Map();
  const count = (file: string) => readCount(native, directory, `memory.${file}`);
  const usage: MemoryEntry = {
    limit: count('max') ?? 0,
    usage: count('current') ?? 0,
    max: count('peak') ?? 0,
    failcnt: 0,
  };
  const swapUsage = count('swap.current');
  const swapLimit = count('swap.max') ?? 0;
  // Without swap accounting there are no files for swap, and `swap` is memory alone.
  const swap: MemoryEntry = {
    limit: swapLimit === MAX ? MAX : sum(swapLimit, usage.limit),
    usage: sum(swapUsage ?? 0, usage.usage),
    max: 0,
    failcnt: 0,
  };
  return { cache: raw.get('file') ?? 0, usage, swap, kernel: none, kernelTCP: none, raw };
}
