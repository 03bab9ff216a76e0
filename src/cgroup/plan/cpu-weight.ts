import type { Int } from '../../config/spec.js';

/**
 * cpu.weight (1..10000) for the cpu.shares of v1 (2..262144), so that the kernel's defaults 1024 and 100 meet.
 *
 * The exponent is a quadratic in log2(shares) through (1, 0), (10, 2) and (18, 4); the straight line that runtimes used
 * before gave containers with default shares half the weight of the host's services. Shares of 2 and less become 1.
 * @returns 0 for shares 0, which means "leave the weight".
 */
export function cpuWeight(shares: Int): number {
  const value = Number(shares);
  if (value === 0) return 0;
  if (value <= 2) return 1;
  if (value >= 262144) return 10000;
  const log = Math.log2(value);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}
