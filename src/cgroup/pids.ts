/** The pids controller of both cgroup versions: its limit and its statistics. */
import type { Resources } from '../config/spec.js';
import type { Native } from '../native/native.js';
import type { CgroupOperation } from './plan/cgroup-plan.js';
import { maxOr, write } from './plan/operations.js';
import { directoryProcesses } from './processes.js';
import { MAX, readCount } from './stat-file.js';
import type { PidsStats } from './stat-types.js';

/**
 * The write for pids.max, the same file in v1 and v2. A negative limit means no limit; 0 is a real limit (since
 * runtime-spec 1.3).
 * @param pointer JSON pointer of the `pids` section
 */
export function setPids(pids: NonNullable<Resources['pids']>, directory: string, pointer: string): CgroupOperation[] {
  return pids.limit === undefined ? [] : [write(directory, 'pids.max', maxOr(pids.limit), `${pointer}/limit`)];
}

/**
 * The number of tasks and their limit. Without the controller the processes are counted, and so their threads are
 * missing.
 */
export function statPids(native: Native, directory: string): PidsStats {
  const current = readCount(native, directory, 'pids.current') ?? directoryProcesses(native, directory).length;
  const limit = readCount(native, directory, 'pids.max') ?? 0;
  return { current, limit: limit === MAX ? 0 : limit };
}
