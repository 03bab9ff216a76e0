/** The cpuset controller of both cgroup versions: its limits and its statistics. */
import { parseList } from '../config/cpu-list.js';
import type { Resources } from '../config/spec.js';
import type { Native } from '../native/native.js';
import type { CgroupOperation } from './plan/cgroup-plan.js';
import { write } from './plan/operations.js';
import { readCount, readStat } from './stat-file.js';
import type { CpusetStats } from './stat-types.js';

/**
 * The writes for cpuset.cpus and cpuset.mems, which are the same files in v1 and v2. An empty list writes nothing, so the
 * container keeps what the parent gives. Only v2 needs `effective`: v1 itself refuses CPUs that the parent doesn't have.
 * @param pointer JSON pointer of the `cpu` section
 */
export function setCpuset(
  cpu: NonNullable<Resources['cpu']>,
  { version, path }: { readonly version: 1 | 2; readonly path: string },
  pointer: string,
): CgroupOperation[] {
  const operations: CgroupOperation[] = [];
  for (const name of ['cpus', 'mems'] as const) {
    const list = cpu[name];
    if (!list) continue;
    const operation = write(path, `cpuset.${name}`, list, `${pointer}/${name}`);
    if (version === 2) operation.effective = true;
    operations.push(operation);
  }
  return operations;
}

/** Names of v1 files that hold one number each. */
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

/**
 * The CPUs and memory nodes that the processes may use. A v2 cgroup that takes over its parent's has empty lists of its
 * own; then the `.effective` files are read. Files that are missing count as empty.
 */
export function statCpuset(native: Native, directory: string): CpusetStats {
  const list = (name: string): number[] => {
    const own = readStat(native, directory, name)?.trim();
    const text = own || (readStat(native, directory, `${name}.effective`)?.trim() ?? '');
    return parseList(text, 65536) ?? [];
  };
  const stats: CpusetStats = { cpus: list('cpuset.cpus'), mems: list('cpuset.mems'), flags: {} };
  for (const name of flags) {
    const value = readCount(native, directory, `cpuset.${name}`);
    if (value !== undefined) stats.flags[name] = value;
  }
  return stats;
}
