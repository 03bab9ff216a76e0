import type { Resources } from '../config/spec.js';
import type { CgroupOperation } from './cgroup-plan.js';
import { maxOr, write } from './operations.js';

/**
 * pids.max, the same file in v1 and v2: a negative limit is none, and 0 is a real limit (since runtime-spec 1.3).
 * @param from pointer of the `pids` section
 */
export function setPids(pids: NonNullable<Resources['pids']>, folder: string, from: string): CgroupOperation[] {
  return pids.limit === undefined ? [] : [write(folder, 'pids.max', maxOr(pids.limit), `${from}/limit`)];
}
