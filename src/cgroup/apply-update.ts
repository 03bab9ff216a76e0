/** Carries out an update of limits: either all of them take effect or none. */
import { EBUSY } from '../base/errno.js';
import { isErrno, TsruncError, type Warn, withFields } from '../base/error.js';
import { quote } from '../base/quote.js';
import type { Native } from '../native/native.js';
import { applyOperations } from './apply.js';
import type { CgroupOperation } from './plan/cgroup-plan.js';
import { readCount, readStat } from './stat-file.js';
import { refine } from './write-limit.js';

/** A service manager (systemd) that keeps its own copy of the cgroup's limits and must be told of a change. */
export interface LimitKeeper {
  /** Paths of files that it may overwrite with its own values when it is told of new limits. */
  readonly files: readonly string[];
  /** Tells it the new limits. */
  set(): void;
  /** Tells it the limits from before the update. */
  revert(): void;
}

/**
 * Writes the limits in the given order. When one is refused, the ones written before it get their old values back, as
 * far as the kernel accepts them.
 * @param warn called for limits that this kernel no longer has, and for limits that keep the new value although the
 * update failed
 * @param keeper told first, because it may round the limits: the exact values are written over its own, and files that
 * it changed although the update doesn't mention them get their old values back
 * @throws TsruncError as applyOperations; for a memory limit below the present usage the message gives that usage
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

/** Paths of the files that the operations write, in the order of their first write. */
function writtenBy(operations: readonly CgroupOperation[]): Set<string> {
  const paths = operations.flatMap((operation) => {
    if (operation.op !== 'write') return [];
    return operation.fallback === undefined ? [operation.path] : [operation.path, operation.fallback.path];
  });
  return new Set(paths);
}

/**
 * The present values of the files, by path. Left out are files with one line per device: what one reads there can't be
 * written back as it is. Of a weight file only the first line counts, the default for all devices.
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

/** cpu.weight and cpu.idle are two views of one setting: writing one changes the other. */
const WEIGHT = /\/cpu\.(weight|idle)$/;

/** Those of the keeper's files that the update itself doesn't write. */
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

/**
 * Writes old values back, the last written first: limits that depend on each other then go through the same valid states
 * in reverse.
 */
function restore(native: Native, before: ReadonlyMap<string, string>, warn: Warn | undefined): void {
  for (const [path, value] of [...before].reverse())
    try {
      if (settingIn(native.readFile(path, 4096)) !== value) native.writeExisting(path, value === '' ? '\n' : value);
    } catch (error) {
      // Only a warning: the error to report is the one that made the update fail.
      if (!(error instanceof TsruncError)) throw error;
      warn?.(withFields(error, { path }, `${path} keeps the limit of the update that failed: ${error.message}`));
    }
}

/** v1 answers EBUSY when it can't reclaim enough memory to get below the new limit: adds the usage to that error. */
function explainBusy(native: Native, error: unknown): unknown {
  if (!isErrno(error, EBUSY) || error.fields.path === undefined) return error;
  const [, directory = '', prefix = ''] =
    /^(.*)\/(memory|memory\.memsw)\.limit_in_bytes$/.exec(error.fields.path) ?? [];
  if (directory === '') return error;
  const usage = readCount(native, directory, `${prefix}.usage_in_bytes`) ?? 0;
  const peak = readCount(native, directory, `${prefix}.max_usage_in_bytes`) ?? 0;
  return withFields(
    error,
    {},
    `unable to set memory limit (current usage: ${usage}, peak usage: ${peak}): ${error.message}`,
  );
}
