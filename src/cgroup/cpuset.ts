import type { Resources } from '../config/spec.js';
import type { CgroupOperation } from './cgroup-plan.js';
import { write } from './operations.js';

/**
 * cpuset.cpus and cpuset.mems, the same files in v1 and v2; an empty list leaves what the parent gives.
 * @param from pointer of the `cpu` section
 */
export function setCpuset(cpu: NonNullable<Resources['cpu']>, folder: string, from: string): CgroupOperation[] {
  const operations: CgroupOperation[] = [];
  if (cpu.cpus) operations.push(write(folder, 'cpuset.cpus', cpu.cpus, `${from}/cpus`));
  if (cpu.mems) operations.push(write(folder, 'cpuset.mems', cpu.mems, `${from}/mems`));
  return operations;
}
