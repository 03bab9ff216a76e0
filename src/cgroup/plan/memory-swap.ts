/** Converts the swap limit of config.json to that of cgroup v2. */
import { TsruncError } from '../../base/error.js';
import type { Int } from '../../config/spec.js';

/**
 * The value for memory.swap.max, which counts swap alone, from config.json's `memory.swap`, which counts memory and
 * swap together as v1's memsw does.
 * @param limit `memory.limit`, in bytes
 * @param swap `memory.swap`, in bytes
 * @param pointer of `memory.swap`
 * @returns bytes or `max`; undefined when nothing has to be written
 * @throws TsruncError 'config' when there is no memory limit to subtract, or `swap` is below it
 */
export function swapMax(limit: Int | undefined, swap: Int | undefined, pointer: string): string | undefined {
  const both = BigInt(swap ?? 0);
  const memory = BigInt(limit ?? 0);
  if (both < 0n || (both === 0n && memory < 0n)) return 'max';
  if (both === 0n) return undefined;
  if (memory <= 0n)
    throw new TsruncError('config', 'swap is the sum of memory and swap; it needs a memory limit beside it', {
      pointer,
      hint: 'set memory.limit, or swap to -1 for no limit',
    });
  if (both < memory)
    throw new TsruncError(
      'config',
      `swap (${both}) is the sum of memory and swap; it can't be below limit (${memory})`,
      {
        pointer,
      },
    );
  return String(both - memory);
}
