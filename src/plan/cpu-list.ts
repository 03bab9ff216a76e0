/**
 * Bits of a list as the kernel writes it (cpuset(7), List format): `0-3,8,10-14:2` isn't taken with its stride, which no
 * field of the runtime-spec allows. Little endian, 8 bytes a word.
 * @returns undefined for text that is no such list.
 */
export function parseList(text: string, limit = 8192): Uint8Array | undefined {
  const ranges: [number, number][] = [];
  let highest = -1;
  for (const part of text.split(',')) {
    const [, first, last] = /^\s*(\d{1,6})(?:-(\d{1,6}))?\s*$/.exec(part) ?? [];
    if (first === undefined) return undefined;
    const low = Number(first);
    const high = last === undefined ? low : Number(last);
    if (high < low || high >= limit) return undefined;
    ranges.push([low, high]);
    highest = Math.max(highest, high);
  }
  const bits = new Uint8Array((Math.floor(highest / 64) + 1) * 8);
  for (const [low, high] of ranges) for (let bit = low; bit <= high; bit++) bits[bit >> 3]! |= 1 << (bit & 7);
  return bits;
}

/** The list of the bits that are set, the way the kernel writes it. */
export function formatList(bits: Uint8Array): string {
  const parts: string[] = [];
  const isSet = (bit: number): boolean => ((bits[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  for (let bit = 0; bit < bits.length * 8; bit++) {
    if (!isSet(bit)) continue;
    const first = bit;
    while (isSet(bit + 1)) bit++;
    parts.push(first === bit ? `${first}` : `${first}-${bit}`);
  }
  return parts.join(',');
}
