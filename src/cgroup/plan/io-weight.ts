/** Converts an I/O weight of cgroup v1 to that of v2. */

/**
 * The io.weight of v2 (1..10000) for a blkio weight of v1 (10..1000), by a straight line between the ends of both
 * ranges. 0, which means "leave it", stays 0.
 */
export function ioWeight(weight: number): number {
  if (weight === 0) return 0;
  return Math.max(1, Math.floor(1 + ((weight - 10) * 9999) / 990));
}
