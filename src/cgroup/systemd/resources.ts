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
 * The limits that systemd has properties for, but for devices. They are written to the cgroup too: systemd rounds some, and
 * has to know of them only so that it doesn't set back what it doesn't know. So it can do without each.
 * @throws TsruncError 'config' for an impossible value
 */
export function resourceProperties(resources: Resources, target: ResourceTarget): UnitProperty[] {
  const { memory, cpu, pids, blockIO, unified } = resources;
  const { v2, version, unit, from } = target;
  const properties: UnitProperty[] = [];
  if (memory) properties.push(...memoryProperties(memory, v2, `${from}/memory`));
  if (cpu) properties.push(...cpuProperties(cpu, v2, version, `${from}/cpu`));
  if (isSet(blockIO?.weight)) {
    const { weight } = blockIO;
    const pointer = `${from}/blockIO/weight`;
    properties.push(v2 ? u64('IOWeight', ioWeight(weight), pointer) : u64('BlockIOWeight', weight, pointer));
  }
  if (pids?.limit !== undefined) {
    // None at all is a limit that systemd doesn't know: the file has it.
    const limit = Number(pids.limit) === 0 ? 1 : pids.limit;
    properties.push(u64('TasksMax', limit, `${from}/pids/limit`));
  }
  if (v2 && unified) properties.push(...unifiedProperties(unified, version, unit, `${from}/unified`));
  return optional(properties);
}

function memoryProperties(memory: NonNullable<Resources['memory']>, v2: boolean, from: string): UnitProperty[] {
  const limit = isSet(memory.limit) ? [u64(v2 ? 'MemoryMax' : 'MemoryLimit', memory.limit, `${from}/limit`)] : [];
  if (!v2) return limit;
  const low = isSet(memory.reservation) ? [u64('MemoryLow', memory.reservation, `${from}/reservation`)] : [];
  const swap = swapMax(memory.limit, memory.swap, `${from}/swap`);
  if (swap === undefined) return [...limit, ...low];
  const pointer = memory.swap === undefined ? `${from}/limit` : `${from}/swap`;
  const value = swap === 'max' ? INFINITY : BigInt(swap);
  return [...limit, ...low, { name: 'MemorySwapMax', signature: 't', value, from: pointer }];
}

function cpuProperties(cpu: NonNullable<Resources['cpu']>, v2: boolean, version: number, from: string): UnitProperty[] {
  const properties: UnitProperty[] = [];
  // A weight of 0 is idle for systemd, which has no weight beside it.
  const idle = v2 && Number(cpu.idle ?? 0) === 1 && version >= since.idle;
  if (idle) properties.push(u64('CPUWeight', 0, `${from}/idle`));
  else if (isSet(cpu.shares)) {
    const pointer = `${from}/shares`;
    properties.push(v2 ? u64('CPUWeight', cpuWeight(cpu.shares), pointer) : u64('CPUShares', cpu.shares, pointer));
  }
  const pointer = isSet(cpu.quota) ? `${from}/quota` : `${from}/period`;
  properties.push(...cpuQuota(cpu.quota ?? 0, cpu.period ?? 0, version, pointer));
  if (version < since.cpuset) return properties;
  if (cpu.cpus) properties.push(mask('AllowedCPUs', cpu.cpus, `${from}/cpus`));
  if (cpu.mems) properties.push(mask('AllowedMemoryNodes', cpu.mems, `${from}/mems`));
  return properties;
}
