/** Reading the files that cgroups tell their statistics in. A file that isn't there tells nothing, and is no error. */

import { ENODEV, ENOENT, EOPNOTSUPP } from '../base/errno.js';
import { isErrno } from '../base/error.js';
import type { Int } from '../config/spec.js';
import type { Native } from '../native/native.js';

/** memory.stat of a machine with many NUMA nodes is some ten kB. */
const LIMIT = 1 << 20;
/** What `max` stands for: the largest number of 64 bits. */
export const MAX: Int = 18446744073709551615n;

/** The text of a file, or undefined where the cgroup or its controller hasn't it, or is going. */
export function readStat(native: Native, folder: string, file: string): string | undefined {
  try {
    return native.readFileIfExists(`${folder}/${file}`, LIMIT) ?? undefined;
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV, EOPNOTSUPP)) return undefined;
    throw error;
  }
}

/** The number that is all of a file. */
export function readCount(native: Native, folder: string, file: string): Int | undefined {
  const text = readStat(native, folder, file)?.trim();
  return text === undefined ? undefined : parseCount(text);
}

/** Decimal digits, exact up to 64 bits; `max` and what is no number as MAX and 0. */
export function parseCount(text: string): Int {
  if (text === 'max') return MAX;
  if (!/^-?\d+$/.test(text)) return 0;
  return text.length < 16 ? Number(text) : BigInt(text);
}

/** The words of a file that is one line of them, as lists of controllers are. (A split by a pattern compiles it each time.) */
export function wordsOf(text: string): string[] {
  const line = text.trim();
  return line === '' ? [] : line.split(' ');
}

/** Lines `key value`, in the order of the file. */
export function readCounts(native: Native, folder: string, file: string): Map<string, Int> | undefined {
  const text = readStat(native, folder, file);
  if (text === undefined) return undefined;
  const counts = new Map<string, Int>();
  for (const line of text.split('\n')) {
    const blank = line.indexOf(' ');
    if (blank > 0) counts.set(line.slice(0, blank), parseCount(line.slice(blank + 1).trim()));
  }
  return counts;
}

/** The sum of two counts, exact; never above MAX. */
export function sum(a: Int, b: Int): Int {
  const total = BigInt(a) + BigInt(b);
  if (total > BigInt(MAX)) return MAX;
  return total <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(total) : total;
}

/** A count times a small number, exact. */
export function times(a: Int, factor: number): Int {
  const product = BigInt(a) * BigInt(factor);
  return product <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(product) : product;
}
