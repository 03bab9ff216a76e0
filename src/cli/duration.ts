/** Reads durations on the command line. */

/** The units of Go's time.ParseDuration in milliseconds. The micro sign exists twice in Unicode, and Go takes both. */
const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  '\u00b5s': 1e-3,
  '\u03bcs': 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** The longest duration that Go has, 292 years: 2^63 ns, in milliseconds. */
const longest = 2 ** 63 / 1e6;

/**
 * The milliseconds of a duration as Go's flag package takes it: `5s`, `1m30s`, `1.5h`, `-1s`, `0`.
 * @returns undefined for any other text, and for a longer one than Go has
 */
export function parseDuration(text: string): number | undefined {
  const [, sign = '', parts = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (parts === '0') return 0;
  if (!/^((\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/.test(parts)) return undefined;
  let total = 0;
  for (const [, number = '', unit = ''] of parts.matchAll(/([\d.]+)([^\d.]+)/g)) total += Number(number) * units[unit]!;
  if (total >= longest) return undefined;
  return sign === '-' ? -total : total;
}
