import type { Int } from '../config/spec.js';

const powers = 'kmgtp';

/**
 * Bytes of a size as callers of runc write it: `1024`, `512M`, `1.5g`, `64KiB`; units are powers of 1024.
 * @returns undefined for anything else.
 */
export function parseSize(text: string): Int | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])i?)?b?$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  const shift = unit === '' ? 0 : 10 * (powers.indexOf(unit.toLowerCase()) + 1);
  if (number.includes('.')) return Math.floor(Number(number) * 2 ** shift);
  const bytes = BigInt(number) << BigInt(shift);
  if (bytes >= 1n << 63n) return undefined;
  return bytes <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(bytes) : bytes;
}
