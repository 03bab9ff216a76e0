/** Carries an update of limits out: all of them or none. */
import { EBUSY } from '../base/errno.js';
import { isErrno, TsruncError, type Warn, withFields } from '../base/error.js';
import { quote } from '../base/quote.js';
import type { Native } from '../native/native.js';
import { applyOperations } from './apply.js';
import type { CgroupOperation } from './plan/cgroup-plan.js';
import { readCount, readStat } from './stat-file.js';
import { refine } from './write-limit.js';

/** A service manager that has limits of its own for the cgroup. */
export interface LimitKeeper {
  /** Files that it may set back when it is told of limits. */
  readonly files: readonly string[];
  set(): void;
  /** Gives it the limits of before. */
  revert(): void;
}

/**
 * Writes the limits in their order. When one is refused, those before it get back the values they had, as far as the kernel
 * takes them.
 * @param warn is told of limits that this kernel has given up, and of those that stay changed although the update failed
 * @param keeper is told of the limits first: what it makes of them is written over, as it may round, and what it sets back is put
 * back as it was
 * @throws TsruncError as applyOperations; a memory limit that is too low for what is in use says how much that is
 */
export function applyUpdate(
  native: Native,
  operations: readonly CgroupOperation[],
  warn?: Warn,
  keeper?: LimitKeeper,
): void {
  const written = writtenBy(operations);
  const before = presentValues(native, written);
  const kept = presentValues(native, untouched(keeper?.files ?? [], written));
  keeper?.set();
  try {
    applyOperations(native, operations, [], warn);
    putBack(native, kept);
  } catch (error) {
    keeper?.revert();
    restore(native, before, warn);
    restore(native, kept, warn);
    throw explainBusy(native, error);
  }
}

/** The files that operations write, in the order of their first write. */
function writtenBy(operations: readonly CgroupOperation[]): Set<string> {
  const paths = operations.flatMap((operation) => {
    if (operation.op !== 'write') return [];
    return operation.fallback === undefined ? [operation.path] : [operation.path, operation.fallback.path];
  });
  return new Set(paths);
}

/**
 * The values of files of one line. What has more lines (a line a device) reads otherwise than it is written; of a file of weights
 * the first line is taken, which is the default for all devices.
 */
function presentValues(native: Native, paths: Iterable<string>): Map<string, string> {
  const values = new Map<string, string>();
  for (const path of paths) {
    const slash = path.lastIndexOf('/');
    const value = settingIn(readStat(native, path.slice(0, slash), path.slice(slash + 1)));
    if (value !== undefined && !value.includes('\n') && !value.includes(':')) values.set(path, value);
  }
  return values;
}

function settingIn(content: string | undefined): string | undefined {
  const value = content?.trim();
  return value?.startsWith('default ') ? value.split('\n')[0] : value;
}

/** A weight and idleness are one setting in two files. */
const WEIGHT = /\/cpu\.(weight|idle)$/;

/** The files of a keeper that the update doesn't write itself. */
function untouched(files: readonly string[], written: ReadonlySet<string>): string[] {
  const weighs = [...written].some((path) => WEIGHT.test(path));
  return files.filter((path) => !written.has(path) && !(weighs && WEIGHT.test(path)));
}

function putBack(native: Native, kept: ReadonlyMap<string, string>): void {
  for (const [path, value] of kept)
    refine(path, '', `can't put ${quote(value)} back, which systemd has changed`, () => {
      if (settingIn(native.readFile(path, 4096)) !== value) native.writeExisting(path, value === '' ? '\n' : value);
    });
}

/** The last one first: limits that depend on each other then pass the same states the other way. */
function restore(native: Native, before: ReadonlyMap<string, string>, warn: Warn | undefined): void {
  for (const [path, value] of [...before].reverse())
    try {
      if (settingIn(native.readFile(path, 4096)) !== value) native.writeExisting(path, value === '' ? '\n' : value);
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
