/** Converts CPU shares of cgroup v1 to the weight of v2. */
import type { Int } from '../../config/spec.js';

/**
 * The cpu.weight of v2 (1..10000) for the cpu.shares of v1 (2..262144), such that the kernel's defaults, 1024 shares
 * and weight 100, correspond.
 *
 * log10(weight) is a quadratic in log2(shares) through (1, 0), (10, 2) and (18, 4). The straight line that runtimes
 * used before gave a container with default shares less than half the weight of the host's services. Shares of 2 and
 * less give 1.
 * @returns 0 for shares 0, which means "leave the weight as it is"
 */
export function cpuWeight(shares: Int): number {
  const value = Number(shares);
  if (value === 0) return 0;
  if (value <= 2) return 1;
  if (value >= 262144) return 10000;
  const log = Math.log2(value);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}
