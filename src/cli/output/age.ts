/** Says how long ago something was, for people. */

/** The units, with the seconds of one and how many seconds are told in it: up to two of the next larger one. */
const units: readonly (readonly [letter: string, seconds: number, below: number])[] = [
  ['s', 1, 120],
  ['m', 60, 7200],
  ['h', 3600, 48 * 3600],
];

/**
 * The time since `created` in one word, e.g. 42s, 17m, 30h or 12d; `?` when it is no date.
 * @param created as RFC 3339, UTC
 * @param now seconds since 1970
 */
export function ageOf(created: string, now: number): string {
  // Date.parse need not take nanoseconds.
  const then = Date.parse(`${created.slice(0, 19)}Z`) / 1000;
  if (Number.isNaN(then)) return '?';
  const seconds = Math.max(0, Math.floor(now - then));
  for (const [letter, one, below] of units) if (seconds < below) return `${Math.floor(seconds / one)}${letter}`;
  return `${Math.floor(seconds / 86_400)}d`;
}
