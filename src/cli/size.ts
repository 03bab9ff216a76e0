/** Reads sizes on the command line. */
import type { Int } from '../config/spec.js';

const powers = 'kmgtp';

/**
 * The number of bytes of a size as runc takes it: `1024`, `512M`, `1.5g`, `64KiB`. Units are powers of 1024.
 * @returns undefined for any other text, and for 2^63 or more
 */
export function parseSize(text: string): Int | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])i?)?b?$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  const shift = unit === '' ? 0 : 10 * (powers.indexOf(unit.toLowerCase()) + 1);
  const bytes = number.includes('.') ? bytesOf(Number(number) * 2 ** shift) : BigInt(number) << BigInt(shift);
  if (bytes === undefined || bytes >= 1n << 63n) return undefined;
  return bytes <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(bytes) : bytes;
}

/** A number of bytes without its fraction; undefined for one that no size may have anyway. */
const bytesOf = (number: number): bigint | undefined => (number < 2 ** 63 ? BigInt(Math.floor(number)) : undefined);
