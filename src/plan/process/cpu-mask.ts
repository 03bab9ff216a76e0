/** Lists of CPUs and memory nodes such as `0-3,8` as bit masks, and back. */
import { mostNumbers, parseList } from '../../config/cpu-list.js';

/**
 * The bit mask of a list: little endian, a multiple of 8 bytes long, since sched_setaffinity(2) and set_mempolicy(2)
 * read whole words.
 * @returns undefined for text that is no such list
 */
export function listBits(text: string): Uint8Array | undefined {
  const numbers = parseList(text, mostNumbers);
  if (numbers === undefined) return undefined;
  const highest = numbers.at(-1) ?? -1;
  const bits = new Uint8Array((Math.floor(highest / 64) + 1) * 8);
  for (const number of numbers) bits[number >> 3]! |= 1 << (number & 7);
  return bits;
}

/** The list of the bits that are set, in the form the kernel prints (`%*pbl`): `0-3,8`; '' for none. */
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
