/** Plans `update`: new limits for an existing container. Pure. */

import { TsruncError } from '../../base/error.js';
import type { Int, Resources } from '../../config/spec.js';
import type { CgroupOperation } from './cgroup-plan.js';
import { type ContainerDirectories, planLimits } from './limits.js';
import { isSet, write } from './operations.js';
import { devicesInUpdate } from './plan-devices.js';

type Memory = NonNullable<Resources['memory']>;
type Cpu = NonNullable<Resources['cpu']>;
type BlockIO = NonNullable<Resources['blockIO']>;

/** The plan of an update. */
export interface CgroupUpdate {
  operations: CgroupOperation[];
  /**
   * The changes, completed by the present value where two limits are set together: what a service manager has to be
   * told.
   */
  limits: Resources;
  /** All resources of the container after the update, in the form of config.json. */
  resources: Resources;
  /** Changes that have no effect, for the log. */
  warnings: { pointer: string; text: string }[];
}

/**
 * Plans an update. A limit that isn't given stays as it is. Where one file holds two limits (quota and period), or one
 * is calculated from another (swap from memory), the one that isn't given is written again with its present value.
 * Device rules aren't changed (devicesInUpdate).
 * @param present the container's resources so far
 * @param pointer JSON pointer of the changes, '' if they are a file of their own
 * @throws TsruncError as planLimits and devicesInUpdate, and 'config' for a memory limit above the limit of memory and
 * swap
 */
export function planUpdate(
  present: Resources,
  changes: Resources,
  directories: ContainerDirectories,
  pointer: string,
): CgroupUpdate {
  const resources = mergeResources(takeCpuMax(present, changes), changes);
  checkSwap(resources.memory ?? {}, changes.memory ?? {}, pointer);
  const { devices = [], ...asked } = changes;
  const warnings = devicesInUpdate(present.devices ?? [], devices, `${pointer}/devices`);
  const limits: Resources = { ...asked };
  if (changes.memory) limits.memory = withPartners(changes.memory, resources.memory ?? {}, ['limit', 'swap']);
  if (changes.cpu) limits.cpu = withPartners(changes.cpu, resources.cpu ?? {}, ['quota', 'period']);
  const operations = planLimits(limits, directories, pointer);
  operations.push(...oomKillerAgain(present.memory ?? {}, changes.memory ?? {}, directories, pointer));
  return { operations, limits, resources, warnings };
}

/**
 * The present resources, with quota and period taken from cpu.max if `unified` has set that and the update changes one
 * of them: both are in that file, and so the other would be lost.
 */
function takeCpuMax(present: Resources, { cpu = {} }: Resources): Resources {
  const [quota, period] = present.unified?.['cpu.max']?.trim().split(/\s+/) ?? [];
  if (quota === undefined || !(isSet(cpu.quota) || isSet(cpu.period))) return present;
  const { 'cpu.max': _cpuMax, ...unified } = present.unified ?? {};
  const set = { quota: quota === 'max' ? -1 : Number(quota), ...(period !== undefined && { period: Number(period) }) };
  return { ...present, unified, cpu: { ...present.cpu, ...set } };
}

/** v1: turns the OOM killer on again. Only an update ever has to, because it is on in a new cgroup. */
function oomKillerAgain(
  present: Memory,
  changes: Memory,
  directories: ContainerDirectories,
  pointer: string,
): CgroupOperation[] {
  const directory = directories.v1.memory;
  if (directory === undefined || !present.disableOOMKiller || changes.disableOOMKiller !== false) return [];
  return [write(directory, 'memory.oom_control', 0, `${pointer}/memory/disableOOMKiller`)];
}

/** The changes, with both fields of `pair` if they set one of them. */
function withPartners<T extends Memory | Cpu>(changes: T, merged: T, pair: readonly (keyof T & string)[]): T {
  const values = changes as Partial<Record<string, Int>>;
  const all = merged as Partial<Record<string, Int>>;
  if (!pair.some((name) => isSet(values[name]))) return changes;
  const partners = pair.filter((name) => isSet(all[name])).map((name) => [name, all[name]]);
  return { ...changes, ...Object.fromEntries(partners) };
}

function checkSwap(merged: Memory, changes: Memory, pointer: string): void {
  const { limit = 0, swap = 0 } = merged;
  if (swap <= 0 || limit <= 0 || swap >= limit) return;
  if (isSet(changes.swap))
    throw new TsruncError(
      'config',
      `swap (${swap}) is the sum of memory and swap; it can't be below the limit of memory (${limit})`,
      { pointer: `${pointer}/memory/swap` },
    );
  throw new TsruncError(
    'config',
    `the limit of memory (${limit}) can't be above the present limit of memory and swap (${swap})`,
    { pointer: `${pointer}/memory/limit`, hint: 'set the limit of memory and swap at the same time' },
  );
}

/**
 * The resources after an update: `changes` over `present`. In lists, entries for the same device or interface are
 * replaced.
 */
export function mergeResources(present: Resources, changes: Resources): Resources {
  const merged: Resources = { ...present };
  if (changes.memory) merged.memory = mergeMemory(present.memory ?? {}, changes.memory);
  if (changes.cpu) merged.cpu = mergeCpu(present.cpu ?? {}, changes.cpu);
  if (changes.pids) merged.pids = { ...present.pids, ...changes.pids };
  if (changes.blockIO) merged.blockIO = mergeBlockIO(present.blockIO ?? {}, changes.blockIO);
  if (changes.hugepageLimits)
    merged.hugepageLimits = mergeList(present.hugepageLimits, changes.hugepageLimits, ({ pageSize }) => pageSize);
  if (changes.network) {
    merged.network = { ...present.network, ...changes.network };
    const { priorities } = changes.network;
    if (priorities) merged.network.priorities = mergeList(present.network?.priorities, priorities, ({ name }) => name);
  }
  if (changes.rdma) merged.rdma = { ...present.rdma, ...changes.rdma };
  if (changes.unified) merged.unified = { ...present.unified, ...changes.unified };
  return merged;
}

/**
 * 0 leaves a limit as it is. Removing the memory limit also removes that of memory and swap, unless the latter is
 * given.
 */
function mergeMemory(present: Memory, changes: Memory): Memory {
  const merged = withoutZeros(present, changes, ['limit', 'reservation', 'swap', 'kernel', 'kernelTCP']);
  if (changes.limit !== undefined && changes.limit < 0 && !isSet(changes.swap)) merged.swap = -1;
  return merged;
}

/** A change of `idle` forgets the present shares, as the kernel does. */
function mergeCpu(present: Cpu, changes: Cpu): Cpu {
  const fields = ['shares', 'quota', 'period', 'realtimeRuntime', 'realtimePeriod', 'cpus', 'mems'] as const;
  const merged = withoutZeros(present, changes, fields);
  if (changes.idle !== undefined && !isSet(changes.shares)) delete merged.shares;
  return merged;
}

function mergeBlockIO(present: BlockIO, changes: BlockIO): BlockIO {
  const merged = withoutZeros(present, changes, ['weight', 'leafWeight']);
  const numbers = ({ major, minor }: { major: number; minor: number }) => `${major}:${minor}`;
  if (changes.weightDevice) merged.weightDevice = mergeList(present.weightDevice, changes.weightDevice, numbers);
  for (const name of [
    'throttleReadBpsDevice',
    'throttleWriteBpsDevice',
    'throttleReadIOPSDevice',
    'throttleWriteIOPSDevice',
  ] as const) {
    const rates = changes[name];
    if (rates) merged[name] = mergeList(present[name], rates, numbers);
  }
  return merged;
}

/** `changes` over `present`, except that 0 or '' in one of `fields` means "leave it as it is". */
function withoutZeros<T extends object>(present: T, changes: T, fields: readonly (keyof T)[]): T {
  const merged = { ...present, ...changes };
  for (const field of fields) {
    if (changes[field] !== undefined && !changes[field]) {
      if (present[field] === undefined) delete merged[field];
      else merged[field] = present[field];
    }
  }
  return merged;
}

function mergeList<T>(present: readonly T[] | undefined, changes: readonly T[], keyOf: (item: T) => string): T[] {
  const changed = new Set(changes.map(keyOf));
  return [...(present ?? []).filter((item) => !changed.has(keyOf(item))), ...changes];
}
