/** More CPUs, and memory nodes, than any kernel is built for (CONFIG_NR_CPUS, CONFIG_NODES_SHIFT). */
export const mostNumbers = 8192;

/**
 * The numbers of a list such as "0-3,8": the list format of the kernel (cpuset(7)), as CPUs and memory nodes are given. An
 * empty list has none. Undefined when text is no such list, or names a number of limit or above.
 */
export function parseList(text: string, limit: number): number[] | undefined {
  const numbers = new Set<number>();
  if (text.trim() === '') return [];
  for (const part of text.split(',')) {
    const range = /^\s*([0-9]{1,9})(?:\s*-\s*([0-9]{1,9}))?\s*$/.exec(part);
    if (range === null) return undefined;
    const first = Number(range[1]);
    const last = Number(range[2] ?? range[1]);
    if (last < first || last >= limit) return undefined;
    for (let number = first; number <= last; number++) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}
