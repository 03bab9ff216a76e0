/** Writes one limit, decides what a missing file means, and checks what the kernel made of the value. */

import { EINVAL, ENOENT, EOPNOTSUPP } from '../base/errno.js';
import { isErrno, TsruncError, type Warn, withFields } from '../base/error.js';
import { quote } from '../base/quote.js';
import { mostNumbers, parseList } from '../config/cpu-list.js';
import type { Native } from '../native/native.js';
import type { CgroupWrite } from './plan/cgroup-plan.js';
import { wordsOf } from './stat-file.js';

const LIMIT = 1 << 16;

/** As writeLimit, but false when the kernel says EINVAL: the value may be accepted after another limit was changed. */
export function tryWrite(native: Native, operation: CgroupWrite): boolean {
  try {
    writeLimit(native, operation);
    return true;
  } catch (error) {
    if (isErrno(error, EINVAL)) return false;
    throw error;
  }
}

/**
 * Writes a limit as the operation says. Throws as applyCgroup.
 * @param warn called for a limit that this kernel no longer has, if the operation has `ifMissing: 'warn'`
 */
export function writeLimit(native: Native, operation: CgroupWrite, warn?: Warn): void {
  const { path, value, pointer, fallback, ifMissing } = operation;
  const failure = writeOrMissing(native, path, value, pointer);
  if (failure === undefined && (ifMissing !== 'warn' || isKept(native, path, value))) {
    if (operation.effective) refuseOthers(native, operation);
    return;
  }
  if (fallback) {
    const second = writeOrMissing(native, fallback.path, fallback.value, pointer);
    if (second === undefined) return;
  }
  if (ifMissing === 'ignore' || (ifMissing === 'no-swap' && !hasSwap(native))) return;
  const file = path.slice(path.lastIndexOf('/') + 1);
  const other = fallback ? ` nor ${fallback.path.slice(fallback.path.lastIndexOf('/') + 1)}` : '';
  const fields = { ...failure?.fields, pointer, path };
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
 * v2 accepts any list of existing CPUs. If the cgroup above has none of them, the kernel silently runs the container on
 * all that it does have (cgroup-v2.rst, "cpuset.cpus.effective"). Refuses that.
 */
function refuseOthers(native: Native, { path, value, pointer }: CgroupWrite): void {
  const effective = native.readFileIfExists(`${path}.effective`, LIMIT)?.trim() ?? '';
  const wanted = new Set(parseList(value, mostNumbers));
  if (parseList(effective, mostNumbers)?.every((number) => wanted.has(number))) return;
  throw new TsruncError('unsupported', `none of ${value} is free for the container: it would run on ${effective}`, {
    pointer,
    path,
    hint: 'choose from what the cgroup above has, or give it more',
  });
}

/** Whether the kernel kept a limit that was written: it may only have rounded it down to whole pages. */
function isKept(native: Native, path: string, value: string): boolean {
  return Number(native.readFile(path, 64)) <= Number(value);
}

/** /proc/swaps has a line of titles and then one line per swap area. */
function hasSwap(native: Native): boolean {
  return (native.readFileIfExists('/proc/swaps', LIMIT) ?? '').trim().includes('\n');
}

/**
 * Returns the kernel's error when the file is missing or no longer does anything, undefined on success; throws other
 * errors.
 */
function writeOrMissing(native: Native, path: string, value: string, pointer: string): TsruncError | undefined {
  let again = false;
  for (;;)
    try {
      native.writeExisting(path, value);
      return undefined;
    } catch (error) {
      if (!again && isErrno(error, ENOENT) && enabledNow(native, path)) again = true;
      else if (isErrno(error, ENOENT, EOPNOTSUPP)) return error;
      else throw explain(error, path, pointer, `can't write ${quote(value)}`);
    }
}

/**
 * Waits until the controller of a missing v2 file is enabled, if someone else is doing that now. While they do,
 * cgroup.subtree_control already names the controller (reading takes no lock) but its files don't exist yet; a write to
 * cgroup.subtree_control waits for the kernel's lock, and so for the files. A controller that isn't named is not
 * enabled: in a cgroup with processes that could keep all processes out of the cgroups below (isBusy in apply.ts).
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

/**
 * Runs `act` and returns its result; its error is thrown as explain returns it.
 * @param what what couldn't be done, e.g. "can't read it"
 */
export function refine<T>(path: string, pointer: string, what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw explain(error, path, pointer, what);
  }
}

/**
 * The same TsruncError with the file, what couldn't be done with it, and the field that asked for that. Other errors
 * are returned unchanged.
 * @param pointer JSON pointer of that field, '' without one
 */
export function explain(error: unknown, path: string, pointer: string, what: string): unknown {
  if (!(error instanceof TsruncError)) return error;
  return withFields(error, pointer ? { pointer, path } : { path }, `${path}: ${what}: ${error.message}`);
}
