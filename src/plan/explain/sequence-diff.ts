/** Compares two lists: what is left out of the first, and what the second adds. */

/** One item of the two lists, laid over each other. */
export interface DiffItem<T> {
  /** In both, in the first alone, in the second alone. */
  readonly sign: ' ' | '-' | '+';
  readonly item: T;
}

/**
 * The shortest way from one list to the other (E. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986): the items of
 * both in their order, each in both lists or in one.
 * @param keyOf items with the same key are the same
 */
export function diffLists<T>(first: readonly T[], second: readonly T[], keyOf: (item: T) => string): DiffItem<T>[] {
  const a = first.map(keyOf);
  const b = second.map(keyOf);
  const rounds = furthest(a, b);
  const items: DiffItem<T>[] = [];
  let [x, y] = [a.length, b.length];
  for (let d = rounds.length - 1; d >= 0; d--) {
    const reached = rounds[d]!;
    const k = x - y;
    const down = k === -d || (k !== d && (reached.get(k - 1) ?? -1) < (reached.get(k + 1) ?? -1));
    const beforeK = down ? k + 1 : k - 1;
    const beforeX = d === 0 ? 0 : (reached.get(beforeK) ?? 0);
    const beforeY = d === 0 ? 0 : beforeX - beforeK;
    while (x > beforeX && y > beforeY) {
      x--;
      y--;
      items.push({ sign: ' ', item: second[y]! });
    }
    if (d === 0) break;
    if (down) items.push({ sign: '+', item: second[--y]! });
    else items.push({ sign: '-', item: first[--x]! });
  }
  return items.reverse();
}

/** For each number of differences how far one gets on each diagonal before it; the last one reaches the end of both. */
function furthest(a: readonly string[], b: readonly string[]): Map<number, number>[] {
  const rounds: Map<number, number>[] = [];
  const reached = new Map<number, number>([[1, 0]]);
  for (let d = 0; ; d++) {
    rounds.push(new Map(reached));
    for (let k = -d; k <= d; k += 2) {
      const left = reached.get(k - 1) ?? -1;
      const right = reached.get(k + 1) ?? -1;
      let x = k === -d || (k !== d && left < right) ? right : left + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reached.set(k, x);
      if (x >= a.length && x - k >= b.length) return rounds;
    }
  }
}
