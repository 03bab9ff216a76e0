/** `update`: new limits for a container that is there already. Pure. */

import { TsruncError } from '../../base/error.js';
import type { Int, Resources } from '../../config/spec.js';
import type { CgroupOperation } from './cgroup-plan.js';
import { type ContainerFolders, planLimits } from './limits.js';
import { isSet, write } from './operations.js';
import { devicesInUpdate } from './plan-devices.js';

type Memory = NonNullable<Resources['memory']>;
type Cpu = NonNullable<Resources['cpu']>;
type BlockIO = NonNullable<Resources['blockIO']>;

export interface CgroupUpdate {
  operations: CgroupOperation[];
  /** What is asked for, with the partners of what is set in pairs: what a service manager has to know of. */
  limits: Resources;
  /** The resources the container has afterwards, as config.json would have them. */
  resources: Resources;
  /** What of the changes will not be in force, for the log. */
  warnings: { from: string; text: string }[];
}

/**
 * What writes `changes` into the container's cgroups. A limit that isn't given stays, except where a file holds two of them
 * or one is counted from another (period and quota, swap and memory): those are written with what was there before.
 * Device rules are left alone (devicesInUpdate).
 * @param present the container's resources up to now
 * @param from pointer of the changes: '' in a file of their own
 * @throws TsruncError as planLimits and devicesInUpdate, and 'config' for a memory limit above that of memory and swap together
 */
export function planUpdate(
  present: Resources,
  changes: Resources,
  folders: ContainerFolders,
  from: string,
): CgroupUpdate {
  const resources = mergeResources(takeCpuMax(present, changes), changes);
  checkSwap(resources.memory ?? {}, changes.memory ?? {}, from);
  const { devices = [], ...asked } = changes;
  const warnings = devicesInUpdate(present.devices ?? [], devices, `${from}/devices`);
  const limits: Resources = { ...asked };
  if (changes.memory) limits.memory = withPartners(changes.memory, resources.memory ?? {}, ['limit', 'swap']);
  if (changes.cpu) limits.cpu = withPartners(changes.cpu, resources.cpu ?? {}, ['quota', 'period']);
  const operations = planLimits(limits, folders, from);
  operations.push(...oomKillerAgain(present.memory ?? {}, changes.memory ?? {}, folders, from));
  return { operations, limits, resources, warnings };
}

/**
 * The quota and period that `unified` has put into cpu.max are the present ones to an update of either, which takes their place;
 * or the other would be lost, as both are in that file.
 */
function takeCpuMax(present: Resources, { cpu = {} }: Resources): Resources {
  const [quota, period] = present.unified?.['cpu.max']?.trim().split(/\s+/) ?? [];
  if (quota === undefined || !(isSet(cpu.quota) || isSet(cpu.period))) return present;
  const { 'cpu.max': _cpuMax, ...unified } = present.unified ?? {};
  const set = { quota: quota === 'max' ? -1 : Number(quota), ...(period !== undefined && { period: Number(period) }) };
  return { ...present, unified, cpu: { ...present.cpu, ...set } };
}

/** v1: a new cgroup has the OOM killer, so that only an update ever has to turn it on. */
function oomKillerAgain(present: Memory, changes: Memory, folders: ContainerFolders, from: string): CgroupOperation[] {
  const folder = folders.v1.memory;
  if (folder === undefined || !present.disableOOMKiller || changes.disableOOMKiller !== false) return [];
  return [write(folder, 'memory.oom_control', 0, `${from}/memory/disableOOMKiller`)];
}

/** The section with both of two fields, as soon as one of them is to change. */
function withPartners<T extends Memory | Cpu>(changes: T, merged: T, pair: readonly (keyof T & string)[]): T {
  const values = changes as Partial<Record<string, Int>>;
  const all = merged as Partial<Record<string, Int>>;
  if (!pair.some((name) => isSet(values[name]))) return changes;
  const partners = pair.filter((name) => isSet(all[name])).map((name) => [name, all[name]]);
  return { ...changes, ...Object.fromEntries(partners) };
}

function checkSwap(merged: Memory, changes: Memory, from: string): void {
  const { limit = 0, swap = 0 } = merged;
  if (swap <= 0 || limit <= 0 || swap >= limit) return;
  if (isSet(changes.swap))
    throw new TsruncError(
      'config',
      `swap (${swap}) is the sum of memory and swap; it can't be below the limit of memory (${limit})`,
      { pointer: `${from}/memory/swap` },
    );
  throw new TsruncError(
    'config',
    `the limit of memory (${limit}) can't be above the present limit of memory and swap (${swap})`,
    { pointer: `${from}/memory/limit`, hint: 'set the limit of memory and swap at the same time' },
  );
}

/** The resources after an update. */
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

/** 0 leaves a limit as it is; no limit of memory is none of memory and swap either, unless that is given. */
function mergeMemory(present: Memory, changes: Memory): Memory {
  const merged = withoutZeros(present, changes, ['limit', 'reservation', 'swap', 'kernel', 'kernelTCP']);
  if (changes.limit !== undefined && changes.limit < 0 && !isSet(changes.swap)) merged.swap = -1;
  return merged;
}

/** An idle group takes no shares: what they were is forgotten. */
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

/** `changes` over `present`, but for the fields in which 0 (or '') means "leave it". */
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
