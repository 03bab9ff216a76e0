/** Translates `resources` to systemd's properties. */
import type { Resources } from '../../config/spec.js';
import { optional, type UnitProperty } from '../../systemd/properties.js';
import { cpuWeight } from '../plan/cpu-weight.js';
import { ioWeight } from '../plan/io-weight.js';
import { swapMax } from '../plan/memory-swap.js';
import { isSet } from '../plan/operations.js';
import type { ResourceTarget } from './resource-target.js';
import { unifiedProperties } from './unified.js';
import { cpuQuota, INFINITY, mask, since, u64 } from './values.js';

/**
 * The properties for all limits that systemd knows, except device rules. They are all optional, because the limits are
 * written to the cgroup as well; systemd is told of them only so that it doesn't overwrite them with other values
 * later.
 * @throws TsruncError 'config' for an impossible value
 */
export function resourceProperties(resources: Resources, target: ResourceTarget): UnitProperty[] {
  const { memory, cpu, pids, blockIO, unified } = resources;
  const { v2, version, unit, pointer: at } = target;
  const properties: UnitProperty[] = [];
  if (memory) properties.push(...memoryProperties(memory, v2, `${at}/memory`));
  if (cpu) properties.push(...cpuProperties(cpu, v2, version, `${at}/cpu`));
  if (isSet(blockIO?.weight)) {
    const { weight } = blockIO;
    const pointer = `${at}/blockIO/weight`;
    properties.push(v2 ? u64('IOWeight', ioWeight(weight), pointer) : u64('BlockIOWeight', weight, pointer));
  }
  if (pids?.limit !== undefined) {
    // systemd has no limit of 0 tasks. It is told 1; the 0 is written to the file.
    const limit = Number(pids.limit) === 0 ? 1 : pids.limit;
    properties.push(u64('TasksMax', limit, `${at}/pids/limit`));
  }
  if (v2 && unified) properties.push(...unifiedProperties(unified, version, unit, `${at}/unified`));
  return optional(properties);
}

function memoryProperties(memory: NonNullable<Resources['memory']>, v2: boolean, at: string): UnitProperty[] {
  const limit = isSet(memory.limit) ? [u64(v2 ? 'MemoryMax' : 'MemoryLimit', memory.limit, `${at}/limit`)] : [];
  if (!v2) return limit;
  const low = isSet(memory.reservation) ? [u64('MemoryLow', memory.reservation, `${at}/reservation`)] : [];
  const swap = swapMax(memory.limit, memory.swap, `${at}/swap`);
  if (swap === undefined) return [...limit, ...low];
  const pointer = memory.swap === undefined ? `${at}/limit` : `${at}/swap`;
  const value = swap === 'max' ? INFINITY : BigInt(swap);
  return [...limit, ...low, { name: 'MemorySwapMax', signature: 't', value, pointer }];
}

function cpuProperties(cpu: NonNullable<Resources['cpu']>, v2: boolean, version: number, at: string): UnitProperty[] {
  const properties: UnitProperty[] = [];
  // systemd takes a CPUWeight of 0 for idle, so it can't be told a weight besides.
  const idle = v2 && Number(cpu.idle ?? 0) === 1 && version >= since.idle;
  if (idle) properties.push(u64('CPUWeight', 0, `${at}/idle`));
  else if (isSet(cpu.shares)) {
    const pointer = `${at}/shares`;
    properties.push(v2 ? u64('CPUWeight', cpuWeight(cpu.shares), pointer) : u64('CPUShares', cpu.shares, pointer));
  }
  const pointer = isSet(cpu.quota) ? `${at}/quota` : `${at}/period`;
  properties.push(...cpuQuota(cpu.quota ?? 0, cpu.period ?? 0, version, pointer));
  if (version < since.cpuset) return properties;
  if (cpu.cpus) properties.push(mask('AllowedCPUs', cpu.cpus, `${at}/cpus`));
  if (cpu.mems) properties.push(mask('AllowedMemoryNodes', cpu.mems, `${at}/mems`));
  return properties;
}
