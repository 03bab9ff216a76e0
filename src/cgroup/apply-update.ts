/** Carries an update of limits out: all of them or none. */
import { EBUSY } from '../errno.js';
import { isErrno, TsruncError, type Warn, withFields } from '../error.js';
import type { Native } from '../native/native.js';
import { applyOperations } from './apply.js';
import type { CgroupOperation } from './cgroup-plan.js';
import { readCount, readStat } from './stat-file.js';

/** A service manager that has limits of its own for the cgroup. */
export interface LimitKeeper {
  set(): void;
  /** Gives it the limits of before. */
  revert(): void;
}

/**
 * Writes the limits in their order. When one is refused, those before it get back the values they had, as far as the kernel
 * takes them.
 * @param warn is told of limits that this kernel has given up, and of those that stay changed although the update failed
 * @param keeper is told of the limits first: what it makes of them is written over, as it may round
 * @throws TsruncError as applyOperations; a memory limit that is too low for what is in use says how much that is
 */
export function applyUpdate(
  native: Native,
  operations: readonly CgroupOperation[],
  warn?: Warn,
  keeper?: LimitKeeper,
): void {
  const before = presentValues(native, operations);
  keeper?.set();
  try {
    applyOperations(native, operations, [], warn);
  } catch (error) {
    keeper?.revert();
    restore(native, before, warn);
    throw explainBusy(native, error);
  }
}

/** Files of one line, in the order of their first write. What has more lines (a line a device) reads otherwise than it is written. */
function presentValues(native: Native, operations: readonly CgroupOperation[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const operation of operations) {
    if (operation.op !== 'write') continue;
    for (const path of [operation.path, operation.fallback?.path]) {
      if (path === undefined || values.has(path)) continue;
      const slash = path.lastIndexOf('/');
      const value = readStat(native, path.slice(0, slash), path.slice(slash + 1))?.trim();
      if (value !== undefined && !value.includes('\n') && !value.includes(':')) values.set(path, value);
    }
  }
  return values;
}

/** The last one first: limits that depend on each other then pass the same states the other way. */
function restore(native: Native, before: ReadonlyMap<string, string>, warn: Warn | undefined): void {
  for (const [path, value] of [...before].reverse())
    try {
      if (native.readFile(path, 4096).trim() !== value) native.writeExisting(path, value === '' ? '\n' : value);
    } catch (error) {
      // The error that led here is the one to report.
      if (!(error instanceof TsruncError)) throw error;
      warn?.(withFields(error, { path }, `${path} keeps the limit of the update that failed: ${error.message}`));
    }
}

/** v1 refuses a limit that can't be reached by reclaim with EBUSY. */
function explainBusy(native: Native, error: unknown): unknown {
  if (!isErrno(error, EBUSY) || error.fields.path === undefined) return error;
  const [, folder = '', prefix = ''] = /^(.*)\/(memory|memory\.memsw)\.limit_in_bytes$/.exec(error.fields.path) ?? [];
  if (folder === '') return error;
  const usage = readCount(native, folder, `${prefix}.usage_in_bytes`) ?? 0;
  const peak = readCount(native, folder, `${prefix}.max_usage_in_bytes`) ?? 0;
  return withFields(
    error,
    {},
    `unable to set memory limit (current usage: ${usage}, peak usage: ${peak}): ${error.message}`,
  );
}
