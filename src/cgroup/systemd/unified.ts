/** Translates `unified`, which names cgroup v2 files, to systemd's properties. */
import { TsruncError } from '../../base/error.js';
import { joinPointer } from '../../base/json-pointer.js';
import { quote } from '../../base/quote.js';
import type { Resources } from '../../config/spec.js';
import type { UnitProperty } from '../../systemd/properties.js';
import type { ResourceTarget } from './resource-target.js';
import { cpuQuota, flag, INFINITY, mask, since, text, u64 } from './values.js';

/** Files that hold a number of bytes or tasks, or `max`, and their properties. */
const limits: Readonly<Record<string, string>> = {
  'memory.high': 'MemoryHigh',
  'memory.low': 'MemoryLow',
  'memory.min': 'MemoryMin',
  'memory.max': 'MemoryMax',
  'memory.swap.max': 'MemorySwapMax',
  'pids.max': 'TasksMax',
};

/**
 * The properties for the files in `unified` that systemd writes too. If it didn't know the values, it would overwrite
 * them when it next writes the cgroup. Other files give no property.
 * @param version of systemd
 * @param unit what the properties are for: OOMPolicy can only be set when a scope is started
 * @param pointer JSON pointer of the `unified` section
 * @throws TsruncError 'config' for a value that the file can't have
 */
export function unifiedProperties(
  unified: NonNullable<Resources['unified']>,
  version: number,
  unit: ResourceTarget['unit'],
  pointer: string,
): UnitProperty[] {
  const idle = unified['cpu.idle']?.trim() === '1' && version >= since.idle;
  return Object.entries(unified).flatMap(([key, given]): UnitProperty[] => {
    const at = joinPointer(pointer, key);
    const value = given.trim();
    const limit = Object.hasOwn(limits, key) ? limits[key] : undefined;
    if (limit !== undefined) return [limitOf(limit, value, at)];
    switch (key) {
      case 'memory.zswap.max':
        return version >= since.zswapMax ? [limitOf('MemoryZSwapMax', value, at)] : [];
      case 'memory.zswap.writeback':
        if (version < since.zswapWriteback || (value !== '0' && value !== '1')) return [];
        return [flag('MemoryZSwapWriteback', value === '1', at)];
      case 'io.weight': {
        // Weights of single devices are only written to the file.
        const weight = /^(?:default\s+)?(\d+)$/.exec(value)?.[1];
        return weight === undefined ? [] : [u64('IOWeight', whole(weight, at), at)];
      }
      case 'cpu.idle':
        return idle ? [u64('CPUWeight', 0, at)] : [];
      case 'cpu.weight':
        return idle ? [] : [u64('CPUWeight', whole(value, at), at)];
      case 'cpu.max': {
        const [quota = '', period = '100000', ...more] = value.split(/\s+/);
        if (more.length > 0) throw noValue(value, at, 'QUOTA PERIOD, or max PERIOD');
        return cpuQuota(quota === 'max' ? -1 : whole(quota, at), whole(period, at), version, at);
      }
      case 'cpuset.cpus':
        return version >= since.cpuset ? [mask('AllowedCPUs', value, at)] : [];
      case 'cpuset.mems':
        return version >= since.cpuset ? [mask('AllowedMemoryNodes', value, at)] : [];
      case 'memory.oom.group':
        if (unit !== 'new-scope' || version < since.scopeOomPolicy || (value !== '0' && value !== '1')) return [];
        return [text('OOMPolicy', value === '1' ? 'kill' : 'continue', at)];
      default:
        return [];
    }
  });
}

function limitOf(name: string, value: string, pointer: string): UnitProperty {
  return value === 'max'
    ? { name, signature: 't', value: INFINITY, pointer }
    : u64(name, whole(value, pointer), pointer);
}

function whole(value: string, pointer: string): bigint {
  if (!/^\d{1,20}$/.test(value) || BigInt(value) > INFINITY) throw noValue(value, pointer, 'a whole number, or max');
  return BigInt(value);
}

function noValue(value: string, pointer: string, right: string): TsruncError {
  return new TsruncError('config', `${quote(value)} can't be a limit`, { pointer, hint: right });
}
