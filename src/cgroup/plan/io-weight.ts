/** io.weight (1..10000) for a blkio weight (10..1000): a straight line between the ends of both ranges. 0 stays 0. */
export function ioWeight(weight: number): number {
  if (weight === 0) return 0;
  return Math.max(1, Math.floor(1 + ((weight - 10) * 9999) / 990));
}
