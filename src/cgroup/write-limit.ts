/** One limit, written: what a file that is missing means, and what the kernel makes of the value. */

import { EINVAL, ENOENT, EOPNOTSUPP } from '../base/errno.js';
import { isErrno, TsruncError, type Warn, withFields } from '../base/error.js';
import { quote } from '../base/quote.js';
import { mostNumbers, parseList } from '../config/cpu-list.js';
import type { Native } from '../native/native.js';
import type { CgroupWrite } from './plan/cgroup-plan.js';
import { wordsOf } from './stat-file.js';

const LIMIT = 1 << 16;

/** False when the kernel says EINVAL, i.e. maybe later. */
export function tryWrite(native: Native, operation: CgroupWrite): boolean {
  try {
    writeLimit(native, operation);
    return true;
  } catch (error) {
    if (isErrno(error, EINVAL)) return false;
    throw error;
  }
}

/** Throws as applyCgroup. */
export function writeLimit(native: Native, operation: CgroupWrite, warn?: Warn): void {
  const { path, value, from, fallback, ifMissing } = operation;
  const failure = writeOrMissing(native, path, value, from);
  if (failure === undefined && (ifMissing !== 'warn' || isKept(native, path, value))) {
    if (operation.effective) refuseOthers(native, operation);
    return;
  }
  if (fallback) {
    const second = writeOrMissing(native, fallback.path, fallback.value, from);
    if (second === undefined) return;
  }
  if (ifMissing === 'ignore' || (ifMissing === 'no-swap' && !hasSwap(native))) return;
  const file = path.slice(path.lastIndexOf('/') + 1);
  const other = fallback ? ` nor ${fallback.path.slice(fallback.path.lastIndexOf('/') + 1)}` : '';
  const fields = { ...failure?.fields, pointer: from, path };
  if (ifMissing === 'warn')
    warn?.(new TsruncError('unsupported', `is left out: this kernel keeps no ${file} for a cgroup`, fields));
  else
    throw new TsruncError(
      'unsupported',
      `this kernel has no ${file}${other} for the cgroup: it can't set this`,
      fields,
    );
}

/**
 * A v2 cpuset takes any CPUs that there are, and runs the container on all that the cgroup above has when none of the wanted
 * ones is among them (cgroup-v2.rst, cpuset.cpus.effective).
 */
function refuseOthers(native: Native, { path, value, from }: CgroupWrite): void {
  const effective = native.readFileIfExists(`${path}.effective`, LIMIT)?.trim() ?? '';
  const wanted = new Set(parseList(value, mostNumbers));
  if (parseList(effective, mostNumbers)?.every((number) => wanted.has(number))) return;
  throw new TsruncError('unsupported', `none of ${value} is free for the container: it would run on ${effective}`, {
    pointer: from,
    path,
    hint: 'choose from what the cgroup above has, or give it more',
  });
}

/** Whether a limit holds that was written; the kernel rounds down to pages. */
function isKept(native: Native, path: string, value: string): boolean {
  return Number(native.readFile(path, 64)) <= Number(value);
}

/** /proc/swaps: a line of titles, and one for each swap area. */
function hasSwap(native: Native): boolean {
  return (native.readFileIfExists('/proc/swaps', LIMIT) ?? '').trim().includes('\n');
}

/** The kernel's error when the file isn't there (or does nothing any more); throws any other. */
function writeOrMissing(native: Native, path: string, value: string, from: string): TsruncError | undefined {
  let again = false;
  for (;;)
    try {
      native.writeExisting(path, value);
      return undefined;
    } catch (error) {
      if (!again && isErrno(error, ENOENT) && enabledNow(native, path)) again = true;
      else if (isErrno(error, ENOENT, EOPNOTSUPP)) return error;
      else throw explain(error, path, from, `can't write ${quote(value)}`);
    }
}

/**
 * Waits until the controller of a missing v2 file is on. While someone else enables it, cgroup.subtree_control already
 * names it, without a lock, before the files are there; a write waits for theirs to be done. Enables none that isn't
 * named: in a cgroup with processes of its own that would keep processes out of the cgroups below (isBusy).
 * @returns false where nobody enables it, and in v1
 */
function enabledNow(native: Native, path: string): boolean {
  const slash = path.lastIndexOf('/');
  const controller = path.slice(slash + 1, path.indexOf('.', slash));
  const file = `${path.slice(0, path.lastIndexOf('/', slash - 1))}/cgroup.subtree_control`;
  try {
    const named = native.readFileIfExists(file, LIMIT) ?? '';
    if (!wordsOf(named).includes(controller)) return false;
    native.writeExisting(file, `+${controller}`);
    return true;
  } catch (error) {
    if (error instanceof TsruncError) return false;
    throw error;
  }
}

/** What `act` returns; its error says what couldn't be done with which file, and which field asked for that. */
export function refine<T>(path: string, from: string, what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw explain(error, path, from, what);
  }
}

export function explain(error: unknown, path: string, from: string, what: string): unknown {
  if (!(error instanceof TsruncError)) return error;
  return withFields(error, from ? { pointer: from, path } : { path }, `${path}: ${what}: ${error.message}`);
}
