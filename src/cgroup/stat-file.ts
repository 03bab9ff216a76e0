/**
 * Reads the statistics files of cgroups. A file that doesn't exist is no error: which ones there are depends on the
 * kernel.
 */

import { ENODEV, ENOENT, EOPNOTSUPP } from '../base/errno.js';
import { isErrno } from '../base/error.js';
import type { Int } from '../config/spec.js';
import type { Native } from '../native/native.js';

/** More than enough: memory.stat of a machine with many NUMA nodes has some tens of kB. */
const LIMIT = 1 << 20;
/** The number that stands for `max`: the largest of 64 bits. */
export const MAX: Int = 18446744073709551615n;

/**
 * The text of a file; undefined when it doesn't exist or the cgroup is being removed.
 * @throws TsruncError 'system' for any other error
 */
export function readStat(native: Native, directory: string, file: string): string | undefined {
  try {
    return native.readFileIfExists(`${directory}/${file}`, LIMIT) ?? undefined;
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV, EOPNOTSUPP)) return undefined;
    throw error;
  }
}

/** The number in a file that holds nothing else (parseCount); undefined and throws as readStat. */
export function readCount(native: Native, directory: string, file: string): Int | undefined {
  const text = readStat(native, directory, file)?.trim();
  return text === undefined ? undefined : parseCount(text);
}

/**
 * Reads a decimal number, exactly: a bigint from 16 characters on. `max` gives MAX, and text that is no number gives 0.
 */
export function parseCount(text: string): Int {
  if (text === 'max') return MAX;
  if (!/^-?\d+$/.test(text)) return 0;
  return text.length < 16 ? Number(text) : BigInt(text);
}

/**
 * The words of a line, such as a list of controllers. (Splitting by a regular expression would compile it at every
 * call.)
 */
export function wordsOf(text: string): string[] {
  const line = text.trim();
  return line === '' ? [] : line.split(' ');
}

/** The numbers of a file with lines `key value`, in the order of the file; undefined and throws as readStat. */
export function readCounts(native: Native, directory: string, file: string): Map<string, Int> | undefined {
  const text = readStat(native, directory, file);
  if (text === undefined) return undefined;
  const counts = new Map<string, Int>();
  for (const line of text.split('\n')) {
    const blank = line.indexOf(' ');
    if (blank > 0) counts.set(line.slice(0, blank), parseCount(line.slice(blank + 1).trim()));
  }
  return counts;
}

/** The exact sum of two counts, but at most MAX. */
export function sum(a: Int, b: Int): Int {
  const total = BigInt(a) + BigInt(b);
  if (total > BigInt(MAX)) return MAX;
  return total <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(total) : total;
}

/** The exact product of a count and a small number. */
export function times(a: Int, factor: number): Int {
  const product = BigInt(a) * BigInt(factor);
  return product <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(product) : product;
}
