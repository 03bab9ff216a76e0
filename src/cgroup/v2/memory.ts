import type { Resources } from '../../config/spec.js';
import type { CgroupOperation } from '../cgroup-plan.js';
import { swapMax } from '../memory-swap.js';
import { isSet, maxOr, refuseSet, unsupported, write } from '../operations.js';

/**
 * Writes of the v2 memory controller (cgroup-v2.rst, "Memory Interface Files").
 *
 * `kernel` and `kernelTCP` do nothing: the specification calls them not recommended, and v2 counts that memory within
 * memory.max. `useHierarchy` true is what v2 always does.
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
    // Without swap accounting there's nothing to limit or to leave unlimited; a number between is a limit that can't be kept.
    const missing = swap === 'max' || swap === '0' ? 'ignore' : 'error';
    operations.push(
      write(folder, 'memory.swap.max', swap, memory.swap === undefined ? `${from}/limit` : `${from}/swap`, missing),
    );
  }
  if (isSet(memory.limit)) operations.push(write(folder, 'memory.max', maxOr(memory.limit), `${from}/limit`));
  if (isSet(memory.reservation))
    operations.push(write(folder, 'memory.low', maxOr(memory.reservation), `${from}/reservation`));
  return operations;
}
