import type { Resources } from '../config/spec.js';
import type { Native } from '../native/native.js';
import type { CgroupOperation } from './plan/cgroup-plan.js';
import { maxOr, write } from './plan/operations.js';
import { folderProcesses } from './processes.js';
import { MAX, readCount } from './stat-file.js';
import type { PidsStats } from './stat-types.js';

/**
 * pids.max, the same file in v1 and v2: a negative limit is none, and 0 is a real limit (since runtime-spec 1.3).
 * @param from pointer of the `pids` section
 */
export function setPids(pids: NonNullable<Resources['pids']>, folder: string, from: string): CgroupOperation[] {
  return pids.limit === undefined ? [] : [write(folder, 'pids.max', maxOr(pids.limit), `${from}/limit`)];
}

/** Without the controller the processes are counted, which leaves out threads. */
export function statPids(native: Native, folder: string): PidsStats {
  const current = readCount(native, folder, 'pids.current') ?? folderProcesses(native, folder).length;
  const limit = readCount(native, folder, 'pids.max') ?? 0;
  return { current, limit: limit === MAX ? 0 : limit };
}
