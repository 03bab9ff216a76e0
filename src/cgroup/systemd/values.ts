/** Properties of systemd with the values that limits have. */

import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import { parseList } from '../../config/cpu-list.js';
import type { Int } from '../../config/spec.js';
import type { UnitProperty } from '../../systemd/properties.js';

/** No limit: CGROUP_LIMIT_MAX and USEC_INFINITY. */
export const INFINITY = (1n << 64n) - 1n;

/** A property of the type t; a negative value is no limit. */
export function u64(name: string, value: Int, from: string): UnitProperty {
  return { name, signature: 't', value: value < 0 ? INFINITY : BigInt(value), from };
}

export function text(name: string, value: string, from: string): UnitProperty {
  return { name, signature: 's', value, from };
}

export function flag(name: string, value: boolean, from: string): UnitProperty {
  return { name, signature: 'b', value, from };
}

/** The most CPUs, or memory nodes, that systemd takes a mask of. */
const MOST = 8192;

/**
 * A list such as 0-3,8 as a mask, a bit each, the lowest in the first byte.
 * @throws TsruncError 'config' for what is no list
 */
export function mask(name: string, list: string, from: string): UnitProperty {
  const numbers = parseList(list, MOST);
  if (numbers === undefined || numbers.length === 0)
    throw new TsruncError('config', `${quote(list)} is no list of numbers`, {
      pointer: from,
      hint: 'e.g. 0-3,8',
    });
  const value = new Uint8Array(Math.floor(numbers.at(-1)! / 8) + 1);
  for (const number of numbers) value[number >> 3]! |= 1 << (number & 7);
  return { name, signature: 'ay', value, from };
}

/** CPUQuotaPeriodUSec came with this version of systemd, and so on: a property that is unknown makes the whole call fail. */
export const since = {
  deviceMajor: 240,
  quotaPeriod: 242,
  cpuset: 244,
  idle: 252,
  scopeOomPolicy: 253,
  zswapMax: 253,
  zswapWriteback: 256,
} as const;

/** The kernel's period, where none is set. */
const DEFAULT_PERIOD = 100_000n;

/**
 * The quota as systemd counts it: microseconds for each second of time, whole percents, rounded up so that no cgroup below
 * asks for more than the unit has.
 * @param quota 0: none is set; negative: no limit
 * @param period 0: none is set
 */
export function cpuQuota(quota: Int, period: Int, version: number, from: string): UnitProperty[] {
  const properties: UnitProperty[] = [];
  const length = BigInt(period);
  if (length !== 0n && version >= since.quotaPeriod) properties.push(u64('CPUQuotaPeriodUSec', period, from));
  if (length === 0n && BigInt(quota) === 0n) return properties;
  let perSecond: bigint = INFINITY;
  if (quota > 0) {
    const percent = 10_000n;
    const exact = (BigInt(quota) * 1_000_000n) / (length === 0n ? DEFAULT_PERIOD : length);
    perSecond = ((exact + percent - 1n) / percent) * percent;
  }
  return [...properties, { name: 'CPUQuotaPerSecUSec', signature: 't', value: perSecond, from }];
}
