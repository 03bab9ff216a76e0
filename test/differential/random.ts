/** Numbers from a seed: the same seed makes the same configurations on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Mulberry32: from 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  }

  /** From `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)]!;
  }

  /** Some of the list in any order, each once. */
  some<T>(list: readonly T[], most = list.length): T[] {
    return this.shuffled(list).slice(0, this.int(0, Math.min(most, list.length)));
  }

  /** As `some`, now and then with one of them twice. */
  someTwice<T>(list: readonly T[], most = list.length): T[] {
    const chosen = this.some(list, most);
    return chosen.length > 0 && this.chance(0.1) ? this.shuffled([...chosen, this.pick(chosen)]) : chosen;
  }

  shuffled<T>(list: readonly T[]): T[] {
    const result = [...list];
    for (let i = result.length - 1; i > 0; i--) {
      const other = this.int(0, i);
      [result[i], result[other]] = [result[other]!, result[i]!];
    }
    return result;
  }

  /**
   * An object with some of the members, in any order.
   * @param members a maker for each; it is only called for those that are chosen
   */
  members<T extends object>(members: { [K in keyof T]-?: () => T[K] }, probability: number): Partial<T> {
    const result: Partial<T> = {};
    for (const key of this.shuffled(Object.keys(members) as (keyof T)[])) {
      if (this.chance(probability)) result[key] = members[key]();
    }
    return result;
  }
}
