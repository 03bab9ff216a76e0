/** Carries a cgroup plan out. */
import { EACCES, EBUSY, EPERM } from '../base/errno.js';
import { isErrno, TsruncError, type Warn, withFields } from '../base/error.js';
import { quote } from '../base/quote.js';
import type { Native } from '../native/native.js';
import { giveCgroup } from './owner.js';
import type { Claim } from './ownership/claim.js';
import { makeAndClaim, makeFolder, removeFolders } from './ownership/make-folders.js';
import type { CgroupOperation, CgroupPlan } from './plan/cgroup-plan.js';
import { deviceFilter } from './plan/device-filter.js';
import { isDeviceFilter, isDeviceRule } from './plan/device-operations.js';
import { folderProcesses } from './processes.js';
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
 * @param claim marks them as the container's
 * @returns the folders that were made, outermost first: what destroyCgroup may remove later
 * @throws TsruncError with the field that asked for the operation, the file, and what the kernel said; the folders that were
 * made until then are removed again
 */
export function applyCgroup(native: Native, plan: CgroupPlan, warn?: Warn, claim?: Claim): string[] {
  return makeCgroup(native, plan, warn, claim, () => true);
}

/** applyCgroup but for the device rules, which take longest: applyDeviceRules and applyDeviceFilter are to follow. */
export function applyCgroupWithoutDevices(native: Native, plan: CgroupPlan, warn?: Warn, claim?: Claim): string[] {
  const wanted = (operation: CgroupOperation) => !isDeviceRule(operation) && !isDeviceFilter(operation);
  return makeCgroup(native, plan, warn, claim, wanted);
}

/**
 * The device rules of v1, to be written before init mounts anything or makes a device: first they forbid all, then one after
 * the other is allowed. Throws as applyCgroup, removes nothing.
 */
export function applyDeviceRules(native: Native, plan: CgroupPlan, warn: Warn): void {
  applyOperations(native, plan.operations.filter(isDeviceRule), [], warn);
}

/**
 * The device filter of v2, to be attached before the container's own code runs. The kernel takes longer to check and compile
 * it than for all else together; it comes at once, and init, which makes and opens no device that it could refuse (the
 * defaults are always allowed), may run meanwhile. Throws as applyCgroup, removes nothing.
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
    // All folders first: a cgroup of someone else's is left before a limit is written to it.
    makeAndClaim(native, plan.operations.filter(isMake), plan.paths, made, claim);
    const rest = plan.operations.filter((operation) => !isMake(operation) && wanted(operation));
    applyOperations(native, rest, made, warn);
  } catch (error) {
    removeFolders(native, made);
    claim?.release();
    throw error;
  }
  return made;
}

/**
 * Carries out operations on cgroups; what `make` makes is added to `made`. Throws as applyCgroup, removes nothing.
 * @param warn is told of limits that this kernel has given up, and of device rules that it refuses where it may
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
      makeFolder(native, operation, made, undefined);
      break;
    case 'enable':
      enableControllers(native, operation.path, operation.controllers, operation.needed);
      break;
    case 'inherit-cpuset':
      inheritCpuset(native, operation.path, operation.from, made);
      break;
    case 'write':
      unlessRefused(operation, warn, () => writeLimit(native, operation, warn));
      break;
    case 'device-filter':
      unlessRefused(operation, warn, () =>
        refine(operation.path, operation.from, "can't attach the device filter", () =>
          native.attachDeviceFilter(operation.path, deviceFilter(operation.rules)),
        ),
      );
      break;
    case 'own':
      refine(operation.path, operation.from, `can't give it to uid ${operation.uid}`, () =>
        giveCgroup(native, operation.path, operation.uid),
      );
  }
}

function unlessRefused(
  { mayBeRefused = false, from }: { mayBeRefused?: boolean; from: string },
  warn: Warn | undefined,
  act: () => void,
): void {
  try {
    act();
  } catch (error) {
    if (!mayBeRefused || !isErrno(error, EPERM, EACCES)) throw error;
    warn?.(withFields(error, from ? { pointer: from } : {}, `the device rules are not in force: ${error.message}`));
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
      // All or none: one that can't be enabled here takes the others with it. Each alone, then.
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
 * True for a cgroup with processes of its own, the root apart (which alone has no cgroup.type). The kernel refuses it
 * memory, io and the like, but not cpu and pids: they would make it a thread root, and no process could be put into the
 * container's cgroup below (cgroup-v2.rst, "Threads").
 */
function isBusy(native: Native, path: string): boolean {
  return folderProcesses(native, path).length > 0 && native.stat(`${path}/cgroup.type`, true) !== null;
}

function busy(path: string, file: string, controller: string, pointer: string): TsruncError {
  return new TsruncError(
    'unsupported',
    `the ${controller} controller can't be enabled in ${path}: that cgroup has processes of its own`,
    { pointer, path: file, errno: EBUSY, hint: 'use a cgroupsPath below a cgroup without processes' },
  );
}

/**
 * A new v1 cpuset has no CPUs and no memory nodes, and a process can't be moved into it then. Takes them from the parent,
 * whose own may be empty as well (cgroup-v1/cpusets.rst).
 */
function inheritCpuset(native: Native, path: string, from: string, made: readonly string[]): void {
  for (const name of ['cpuset.cpus', 'cpuset.mems']) inheritFile(native, path, name, from, made);
}

/** A folder of `made` isn't asked what it has: nothing, or (with clone_children) what its parent has. */
function inheritFile(native: Native, path: string, name: string, from: string, made: readonly string[]): string {
  const file = `${path}/${name}`;
  if (!made.includes(path)) {
    const own = refine(file, from, "can't read it", () => native.readFile(file, LIMIT)).trim();
    if (own !== '') return own;
  }
  const parent = inheritFile(native, path.slice(0, path.lastIndexOf('/')), name, from, made);
  refine(file, from, `can't write ${quote(parent)}`, () => native.writeExisting(file, parent));
  return parent;
}
