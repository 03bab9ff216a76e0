/** Finds out what a mistyped word was meant to be, for messages that ask "did you mean ...?". */

/** Number of single-character edits (insert, delete, replace, swap of neighbours) between two words. */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replace);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
}

/**
 * The candidate that a mistyped word most likely stands for, or undefined when none is near enough: a third of the word's
 * characters may be wrong, at least one. A word that is the beginning of a candidate is one edit away from it.
 * Costs little for any word, as candidates of a very different length are not compared.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const begins = candidate.startsWith(word) && word.length > 1;
    // There are at least as many edits as the lengths differ.
    if (!begins && Math.abs(word.length - candidate.length) >= least) continue;
    const edits = begins ? 1 : distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

/** How many words of a document are guessed at. */
const MOST_GUESSED = 20;

/**
 * What the mistyped words of one document were meant to be, for the first twenty of them. A guess among many candidates takes
 * many milliseconds, and of thousands of unknown words it isn't spelling that is wrong.
 */
export class Guesses {
  private count = 0;

  /** As the function of this name; undefined for further words. */
  nearest(word: string, candidates: readonly string[]): string | undefined {
    if (this.count === MOST_GUESSED) return undefined;
    this.count++;
    return nearest(word, candidates);
  }
}
