import { TsruncError } from '../../base/error.js';
import { joinPointer } from '../../base/json-pointer.js';
import { quote } from '../../base/quote.js';
import type { Resources } from '../../config/spec.js';
import type { UnitProperty } from '../../systemd/properties.js';
import type { ResourceTarget } from './resource-target.js';
import { cpuQuota, flag, INFINITY, mask, since, text, u64 } from './values.js';

/** Files that are a number of bytes or tasks, or `max`, and the property of each. */
const limits: Readonly<Record<string, string>> = {
  'memory.high': 'MemoryHigh',
  'memory.low': 'MemoryLow',
  'memory.min': 'MemoryMin',
  'memory.max': 'MemoryMax',
  'memory.swap.max': 'MemorySwapMax',
  'pids.max': 'TasksMax',
};

/**
 * The properties for those files of `unified` that systemd has one for; it would write its own idea of their values otherwise,
 * whenever it sets its cgroups up again. The others are only written.
 * @param version of systemd
 * @param unit OOMPolicy is for a scope that is to be started
 * @param from pointer of the `unified` section
 * @throws TsruncError 'config' for a value that is none
 */
export function unifiedProperties(
  unified: NonNullable<Resources['unified']>,
  version: number,
  unit: ResourceTarget['unit'],
  from: string,
): UnitProperty[] {
  const idle = unified['cpu.idle']?.trim() === '1' && version >= since.idle;
  return Object.entries(unified).flatMap(([key, given]): UnitProperty[] => {
    const pointer = joinPointer(from, key);
    const value = given.trim();
    const limit = Object.hasOwn(limits, key) ? limits[key] : undefined;
    if (limit !== undefined) return [limitOf(limit, value, pointer)];
    switch (key) {
      case 'memory.zswap.max':
        return version >= since.zswapMax ? [limitOf('MemoryZSwapMax', value, pointer)] : [];
      case 'memory.zswap.writeback':
        if (version < since.zswapWriteback || (value !== '0' && value !== '1')) return [];
        return [flag('MemoryZSwapWriteback', value === '1', pointer)];
      case 'io.weight': {
        // The weight of a single device has no property here: it is only written.
        const weight = /^(?:default\s+)?(\d+)$/.exec(value)?.[1];
        return weight === undefined ? [] : [u64('IOWeight', whole(weight, pointer), pointer)];
      }
      case 'cpu.idle':
        return idle ? [u64('CPUWeight', 0, pointer)] : [];
      case 'cpu.weight':
        return idle ? [] : [u64('CPUWeight', whole(value, pointer), pointer)];
      case 'cpu.max': {
        const [quota = '', period = '100000', ...more] = value.split(/\s+/);
        if (more.length > 0) throw noValue(value, pointer, 'QUOTA PERIOD, or max PERIOD');
        return cpuQuota(quota === 'max' ? -1 : whole(quota, pointer), whole(period, pointer), version, pointer);
      }
      case 'cpuset.cpus':
        return version >= since.cpuset ? [mask('AllowedCPUs', value, pointer)] : [];
      case 'cpuset.mems':
        return version >= since.cpuset ? [mask('AllowedMemoryNodes', value, pointer)] : [];
      case 'memory.oom.group':
        if (unit !== 'new-scope' || version < since.scopeOomPolicy || (value !== '0' && value !== '1')) return [];
        return [text('OOMPolicy', value === '1' ? 'kill' : 'continue', pointer)];
      default:
        return [];
    }
  });
}

function limitOf(name: string, value: string, from: string): UnitProperty {
  return value === 'max' ? { name, signature: 't', value: INFINITY, from } : u64(name, whole(value, from), from);
}

function whole(value: string, pointer: string): bigint {
  if (!/^\d{1,20}$/.test(value) || BigInt(value) > INFINITY) throw noValue(value, pointer, 'a whole number, or max');
  return BigInt(value);
}

function noValue(value: string, pointer: string, right: string): TsruncError {
  return new TsruncError('config', `${quote(value)} can't be a limit`, { pointer, hint: right });
}
