/** Lists of CPUs and of memory nodes, as the kernel writes them in text. */

/** As many CPUs or memory nodes as any kernel can be built for (CONFIG_NR_CPUS, CONFIG_NODES_SHIFT): the usual limit. */
export const mostNumbers = 8192;

/**
 * The numbers of a list such as "0-3,8", ascending and each once (cpuset(7), List Format). An empty list has none.
 * @param limit every number must be below it
 * @returns undefined when text is no such list, or has a number that is not below limit.
 */
export function parseList(text: string, limit: number): number[] | undefined {
  if (text.trim() === '') return [];
  const ranges: [first: number, last: number][] = [];
  for (const part of text.split(',')) {
    const range = /^\s*([0-9]{1,9})(?:\s*-\s*([0-9]{1,9}))?\s*$/.exec(part);
    if (range === null) return undefined;
    const first = Number(range[1]);
    const last = Number(range[2] ?? range[1]);
    if (last < first || last >= limit) return undefined;
    ranges.push([first, last]);
  }
  ranges.sort(([one], [other]) => one - other);
  const numbers: number[] = [];
  let next = 0;
  for (const [first, last] of ranges) {
    // A number is looked at once, however often it is given.
    for (let number = Math.max(next, first); number <= last; number++) numbers.push(number);
    next = Math.max(next, last + 1);
  }
  return numbers;
}
