/** Carries out a cgroup plan: makes the directories and writes the limits. */
import { EACCES, EBUSY, EPERM } from '../base/errno.js';
import { isErrno, TsruncError, type Warn, withFields } from '../base/error.js';
import { quote } from '../base/quote.js';
import type { Native } from '../native/native.js';
import { giveCgroup } from './owner.js';
import type { Claim } from './ownership/claim.js';
import { makeAndClaim, makeDirectory, removeDirectories } from './ownership/make-directories.js';
import type { CgroupOperation, CgroupPlan } from './plan/cgroup-plan.js';
import { deviceFilter } from './plan/device-filter.js';
import { isDeviceFilter, isDeviceRule } from './plan/device-operations.js';
import { directoryProcesses } from './processes.js';
import { wordsOf } from './stat-file.js';
import { explain, refine, tryWrite, writeLimit } from './write-limit.js';

export { destroyCgroup } from './destroy.js';
export { freezeCgroup, isFrozen, thawCgroup } from './freeze.js';
export { killCgroup } from './kill.js';
export { refuseForeignCgroup } from './ownership/foreign.js';
export { cgroupProcesses } from './processes.js';

const LIMIT = 1 << 16;

/**
 * Makes the container's cgroups and sets their limits, in the plan's order.
 * @param claim marks the cgroups as the container's
 * @returns the directories that were made, outermost first: destroyCgroup may remove these later
 * @throws TsruncError with the config field that asked for the operation, the file, and the kernel's error; the
 * directories that were made before the error are removed again
 */
export function applyCgroup(native: Native, plan: CgroupPlan, warn?: Warn, claim?: Claim): string[] {
  return makeCgroup(native, plan, warn, claim, () => true);
}

/**
 * As applyCgroup, but without the device rules, which take longest. The caller applies them afterwards with
 * applyDeviceRules and applyDeviceFilter.
 */
export function applyCgroupWithoutDevices(native: Native, plan: CgroupPlan, warn?: Warn, claim?: Claim): string[] {
  const wanted = (operation: CgroupOperation) => !isDeviceRule(operation) && !isDeviceFilter(operation);
  return makeCgroup(native, plan, warn, claim, wanted);
}

/**
 * Writes the device rules of v1. They first forbid everything and then allow one device after the other, so they must be
 * complete before init mounts anything or makes a device. Throws as applyCgroup, but removes nothing.
 */
export function applyDeviceRules(native: Native, plan: CgroupPlan, warn: Warn): void {
  const rules = plan.operations.filter(isDeviceRule);
  for (let done = 0; done < rules.length; ) {
    const { path } = rules[done]!;
    const other = rules.findIndex((rule, i) => i > done && rule.path !== path);
    const end = other < 0 ? rules.length : other;
    done += native.writeEach(
      path,
      rules.slice(done, end).map(({ value }) => value),
    );
    // Once more, for the error.
    if (done < end) applyOne(native, rules[done++]!, [], warn);
  }
}

/**
 * Attaches the device filter of v2, before the container's own code runs. The kernel needs more time to verify and
 * compile it than for all the other operations together, so init runs meanwhile. That is safe: the filter takes effect
 * in one step, and what init does with devices (make nodes, open the default ones) every filter allows. Throws as
 * applyCgroup, but removes nothing.
 */
export function applyDeviceFilter(native: Native, plan: CgroupPlan, warn: Warn): void {
  applyOperations(native, plan.operations.filter(isDeviceFilter), [], warn);
}

const isMake = (operation: CgroupOperation): operation is CgroupOperation & { op: 'make' } => operation.op === 'make';

function makeCgroup(
  native: Native,
  plan: CgroupPlan,
  warn: Warn | undefined,
  claim: Claim | undefined,
  wanted: (operation: CgroupOperation) => boolean,
): string[] {
  const made: string[] = [];
  try {
    // All directories first: a cgroup that belongs to someone else is detected before any limit is written to it.
    makeAndClaim(native, plan.operations.filter(isMake), plan.paths, made, claim);
    const rest = plan.operations.filter((operation) => !isMake(operation) && wanted(operation));
    applyOperations(native, rest, made, warn);
  } catch (error) {
    removeDirectories(native, made);
    claim?.release();
    throw error;
  }
  return made;
}

/**
 * Carries out operations on cgroups, in order. Throws as applyCgroup, but removes nothing.
 * @param made gets the directories that `make` operations made
 * @param warn called for limits that this kernel no longer has, and for device rules that it refuses where that is
 * allowed
 */
export function applyOperations(
  native: Native,
  operations: readonly CgroupOperation[],
  made: string[],
  warn?: Warn,
): void {
  for (let i = 0; i < operations.length; i++) {
    const operation = operations[i]!;
    if (operation.op === 'write' && operation.retryAfterNext) {
      if (tryWrite(native, operation)) continue;
      const next = operations[i + 1];
      if (next) applyOne(native, next, made, warn);
      writeLimit(native, operation, warn);
      i++;
    } else applyOne(native, operation, made, warn);
  }
}

function applyOne(native: Native, operation: CgroupOperation, made: string[], warn: Warn | undefined): void {
  switch (operation.op) {
    case 'make':
      makeDirectory(native, operation, made, undefined);
      break;
    case 'enable':
      enableControllers(native, operation.path, operation.controllers, operation.needed);
      break;
    case 'inherit-cpuset':
      inheritCpuset(native, operation.path, operation.pointer, made);
      break;
    case 'write':
      unlessRefused(operation, warn, () => writeLimit(native, operation, warn));
      break;
    case 'device-filter':
      unlessRefused(operation, warn, () =>
        refine(operation.path, operation.pointer, "can't attach the device filter", () =>
          native.attachDeviceFilter(operation.path, deviceFilter(operation.rules)),
        ),
      );
      break;
    case 'own':
      refine(operation.path, operation.pointer, `can't give it to uid ${operation.uid}`, () =>
        giveCgroup(native, operation.path, operation.uid),
      );
  }
}

function unlessRefused(
  { mayBeRefused = false, pointer }: { mayBeRefused?: boolean; pointer: string },
  warn: Warn | undefined,
  act: () => void,
): void {
  try {
    act();
  } catch (error) {
    if (!mayBeRefused || !isErrno(error, EPERM, EACCES)) throw error;
    warn?.(withFields(error, pointer ? { pointer } : {}, `the device rules are not in force: ${error.message}`));
  }
}

function enableControllers(
  native: Native,
  path: string,
  controllers: readonly string[],
  needed: Readonly<Record<string, string>>,
): void {
  const file = `${path}/cgroup.subtree_control`;
  const enabled = wordsOf(native.readFile(file, LIMIT));
  const missing = controllers.filter((name) => !enabled.includes(name));
  if (missing.length === 0) return;
  if (isBusy(native, path)) {
    const name = missing.find((name) => Object.hasOwn(needed, name));
    if (name !== undefined) throw busy(path, file, name, needed[name]!);
    return;
  }
  if (missing.length > 1)
    try {
      native.writeExisting(file, missing.map((name) => `+${name}`).join(' '));
      return;
    } catch (error) {
      // The kernel enables all controllers of a write or none. Enable each alone, so that one refusal costs only that
      // one.
      if (!(error instanceof TsruncError)) throw error;
    }
  for (const name of missing)
    try {
      native.writeExisting(file, `+${name}`);
    } catch (error) {
      if (!Object.hasOwn(needed, name) && error instanceof TsruncError) continue;
      if (isErrno(error, EBUSY)) throw busy(path, file, name, needed[name]!);
      throw explain(error, file, needed[name]!, `can't enable the ${name} controller`);
    }
}

/**
 * True for a cgroup with processes of its own, except the root cgroup (the only one without cgroup.type). In such a
 * cgroup the kernel refuses to enable memory, io and other domain controllers. It does enable cpu and pids, but that
 * makes the cgroup a thread root, and no process could be put into the container's cgroup below (cgroup-v2.rst,
 * "Threads").
 */
function isBusy(native: Native, path: string): boolean {
  return directoryProcesses(native, path).length > 0 && native.stat(`${path}/cgroup.type`, true) !== null;
}

function busy(path: string, file: string, controller: string, pointer: string): TsruncError {
  return new TsruncError(
    'unsupported',
    `the ${controller} controller can't be enabled in ${path}: that cgroup has processes of its own`,
    { pointer, path: file, errno: EBUSY, hint: 'use a cgroupsPath below a cgroup without processes' },
  );
}

/**
 * A new v1 cpuset has no CPUs and no memory nodes, and no process can be moved into it in that state. Copies both from
 * the parent, which may be empty as well and is filled first (cgroup-v1/cpusets.rst).
 */
function inheritCpuset(native: Native, path: string, pointer: string, made: readonly string[]): void {
  for (const name of ['cpuset.cpus', 'cpuset.mems']) inheritFile(native, path, name, pointer, made);
}

/**
 * Fills one file, after the same file of the parents, and returns its value. A directory in `made` isn't read first:
 * its file is empty, or (with cgroup.clone_children) a copy of its parent's.
 */
function inheritFile(native: Native, path: string, name: string, pointer: string, made: readonly string[]): string {
  const file = `${path}/${name}`;
  if (!made.includes(path)) {
    const own = refine(file, pointer, "can't read it", () => native.readFile(file, LIMIT)).trim();
    if (own !== '') return own;
  }
  const parent = inheritFile(native, path.slice(0, path.lastIndexOf('/')), name, pointer, made);
  refine(file, pointer, `can't write ${quote(parent)}`, () => native.writeExisting(file, parent));
  return parent;
}
