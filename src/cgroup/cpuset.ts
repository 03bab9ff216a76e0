import { parseList } from '../config/cpu-list.js';
import type { Resources } from '../config/spec.js';
import type { Native } from '../native/native.js';
import type { CgroupOperation } from './plan/cgroup-plan.js';
import { write } from './plan/operations.js';
import { readCount, readStat } from './stat-file.js';
import type { CpusetStats } from './stat-types.js';

/**
 * cpuset.cpus and cpuset.mems, the same files in v1 and v2; an empty list leaves what the parent gives. v1 refuses by itself
 * what the parent hasn't.
 * @param from pointer of the `cpu` section
 */
export function setCpuset(
  cpu: NonNullable<Resources['cpu']>,
  { version, path }: { readonly version: 1 | 2; readonly path: string },
  from: string,
): CgroupOperation[] {
  const operations: CgroupOperation[] = [];
  for (const name of ['cpus', 'mems'] as const) {
    const list = cpu[name];
    if (!list) continue;
    const operation = write(path, `cpuset.${name}`, list, `${from}/${name}`);
    if (version === 2) operation.effective = true;
    operations.push(operation);
  }
  return operations;
}

/** Files of v1 that are one number each. */
const flags = [
  'cpu_exclusive',
  'mem_hardwall',
  'mem_exclusive',
  'memory_migrate',
  'memory_spread_page',
  'memory_spread_slab',
  'memory_pressure',
  'sched_load_balance',
  'sched_relax_domain_level',
];

/** What the processes may run on. v2's own lists are empty where the cgroup takes what its parent has: then the effective ones. */
export function statCpuset(native: Native, folder: string): CpusetStats {
  const list = (name: string): number[] => {
    const own = readStat(native, folder, name)?.trim();
    const text = own || (readStat(native, folder, `${name}.effective`)?.trim() ?? '');
    return parseList(text, 65536) ?? [];
  };
  const stats: CpusetStats = { cpus: list('cpuset.cpus'), mems: list('cpuset.mems'), flags: {} };
  for (const name of flags) {
    const value = readCount(native, folder, `cpuset.${name}`);
    if (value !== undefined) stats.flags[name] = value;
  }
  return stats;
}
