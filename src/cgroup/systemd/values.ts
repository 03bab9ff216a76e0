/** Makes systemd properties from limits, and knows which version of systemd has which property. */

import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import { parseList } from '../../config/cpu-list.js';
import type { Int } from '../../config/spec.js';
import type { UnitProperty } from '../../systemd/properties.js';

/** systemd's value for no limit: CGROUP_LIMIT_MAX and USEC_INFINITY. */
export const INFINITY = (1n << 64n) - 1n;

/** A property of the D-Bus type t (u64); a negative value means no limit. */
export function u64(name: string, value: Int, pointer: string): UnitProperty {
  return { name, signature: 't', value: value < 0 ? INFINITY : BigInt(value), pointer };
}

/** A property that is a string. */
export function text(name: string, value: string, pointer: string): UnitProperty {
  return { name, signature: 's', value, pointer };
}

/** A property that is a boolean. */
export function flag(name: string, value: boolean, pointer: string): UnitProperty {
  return { name, signature: 'b', value, pointer };
}

/** The most CPUs or memory nodes that systemd accepts in a mask. */
const MOST = 8192;

/**
 * A property that is a set of CPUs or memory nodes: a list such as 0-3,8 becomes a mask with one bit per number, the
 * lowest numbers in the first byte.
 * @throws TsruncError 'config' if `list` isn't a list of numbers
 */
export function mask(name: string, list: string, pointer: string): UnitProperty {
  const numbers = parseList(list, MOST);
  if (numbers === undefined || numbers.length === 0)
    throw new TsruncError('config', `${quote(list)} is no list of numbers`, {
      pointer,
      hint: 'e.g. 0-3,8',
    });
  const value = new Uint8Array(Math.floor(numbers.at(-1)! / 8) + 1);
  for (const number of numbers) value[number >> 3]! |= 1 << (number & 7);
  return { name, signature: 'ay', value, pointer };
}

/** The systemd versions that introduced properties. One that systemd doesn't know makes the whole call fail. */
export const since = {
  deviceMajor: 240,
  quotaPeriod: 242,
  cpuset: 244,
  idle: 252,
  scopeOomPolicy: 253,
  zswapMax: 253,
  zswapWriteback: 256,
} as const;

/** The kernel's default period in microseconds. */
const DEFAULT_PERIOD = 100_000n;

/**
 * The properties for a CPU quota. systemd counts it in microseconds of CPU time per second, in whole percents; this
 * rounds up so that no cgroup below has more than the unit.
 * @param quota in microseconds per period; 0: none is set, negative: no limit
 * @param period in microseconds; 0: none is set
 * @param version of systemd
 * @returns CPUQuotaPeriodUSec if a period is set and systemd knows it, CPUQuotaPerSecUSec if either is set
 */
export function cpuQuota(quota: Int, period: Int, version: number, pointer: string): UnitProperty[] {
  const properties: UnitProperty[] = [];
  const length = BigInt(period);
  if (length !== 0n && version >= since.quotaPeriod) properties.push(u64('CPUQuotaPeriodUSec', period, pointer));
  if (length === 0n && BigInt(quota) === 0n) return properties;
  let perSecond: bigint = INFINITY;
  if (quota > 0) {
    const percent = 10_000n;
    const exact = (BigInt(quota) * 1_000_000n) / (length === 0n ? DEFAULT_PERIOD : length);
    perSecond = ((exact + percent - 1n) / percent) * percent;
  }
  return [...properties, { name: 'CPUQuotaPerSecUSec', signature: 't', value: perSecond, pointer }];
}
