// What commands use of QuickJS's heap (train-heap.mjs), as a file that stays: scripts/heap-profile.txt, which `npm run train`
// renews. Training depends on the machine, on its kernel and on who trains; a build that reads the file doesn't, so that builds
// anywhere, and for any architecture, give the same executable.
//
// A block is known by its number, which is another one after any change of the sources. But the heap is a long row of blocks
// whose sizes say what they are, and a change takes some out of the row and puts some in. So the file has the whole row,
// and a build looks for it in its own as one looks for lines of an old version of a text in the new one.

/** The longest stretch that is looked for first: where it is in both rows once, they are taken to be the same there. */
const stretches = [32, 16, 8, 4, 2, 1];

const perLine = 20;

/** The lines of a profile as the maker writes and reads it (heap-layout.h): number, capacity, writers, readers. */
export const readProfile = (text) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [number, capacity, writers, readers] = line.split(' ').map(Number);
      return { number, capacity, writers, readers };
    });

/**
 * The file that stays: a line for each set of commands that write and read a block, then the blocks in their order, each as
 * `CAPACITY`, `CAPACITY:SET`, and with `*COUNT` where several follow each other.
 * @param blocks what readProfile returns
 */
export function encodeProfile(blocks) {
  const sets = new Map();
  for (const { writers, readers } of blocks)
    if (writers || readers) sets.set(`${writers.toString(16)} ${readers.toString(16)}`, 0);
  for (const [index, name] of [...sets.keys()].sort().entries()) sets.set(name, index);
  const words = blocks.map(({ capacity, writers, readers }) => {
    const set = sets.get(`${writers.toString(16)} ${readers.toString(16)}`);
    return set === undefined ? `${capacity}` : `${capacity}:${set}`;
  });
  const runs = [];
  for (const word of words) {
    if (runs.at(-1)?.word === word) runs.at(-1).count++;
    else runs.push({ word, count: 1 });
  }
  const tokens = runs.map(({ word, count }) => (count > 1 ? `${word}*${count}` : word));
  const lines = [...sets.keys()].sort();
  lines.push('');
  for (let at = 0; at < tokens.length; at += perLine) lines.push(tokens.slice(at, at + perLine).join(' '));
  return `${lines.join('\n')}\n`;
}

/** What encodeProfile wrote: blocks without a number. */
export function decodeProfile(text) {
  if (text === '') return [];
  const [head, body] = text.split('\n\n');
  const sets = head.split('\n').map((line) => line.split(' ').map((word) => Number.parseInt(word, 16)));
  return body
    .trim()
    .split(/\s+/)
    .flatMap((token) => {
      const [, capacity, set, count] = /^(\d+)(?::(\d+))?(?:\*(\d+))?$/.exec(token);
      const [writers, readers] = set === undefined ? [0, 0] : sets[Number(set)];
      return Array.from({ length: Number(count ?? 1) }, () => ({ capacity: Number(capacity), writers, readers }));
    });
}

/** Where each stretch of `length` that a part of a row has once begins, by what it consists of. */
function singles(row, from, to, length) {
  const found = new Map();
  for (let at = from; at + length <= to; at++) {
    const key = row.slice(at, at + length).join();
    found.set(key, found.has(key) ? -1 : at);
  }
  return found;
}

/** Of pairs in the order of their first members the most whose second members rise, too. */
function rising(pairs) {
  const ends = [];
  const before = new Array(pairs.length).fill(-1);
  for (const [index, [, second]] of pairs.entries()) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[ends[middle]][1] < second) low = middle + 1;
      else high = middle;
    }
    before[index] = low > 0 ? ends[low - 1] : -1;
    ends[low] = index;
  }
  const chosen = [];
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index]) chosen.push(pairs[index]);
  return chosen.reverse();
}

/**
 * Which members of two rows are the same.
 * @param old, current numbers
 * @returns for each member of `current` the index of its like in `old`, or -1
 */
export function align(old, current) {
  const like = new Array(current.length).fill(-1);
  const work = [[0, old.length, 0, current.length, 0]];
  while (work.length > 0) {
    let [oldFrom, oldTo, from, to, level] = work.pop();
    while (oldFrom < oldTo && from < to && old[oldFrom] === current[from]) like[from++] = oldFrom++;
    while (oldFrom < oldTo && from < to && old[oldTo - 1] === current[to - 1]) like[--to] = --oldTo;
    if (oldFrom === oldTo || from === to) continue;
    let anchors = [];
    for (; level < stretches.length && anchors.length === 0; level++) {
      const there = singles(old, oldFrom, oldTo, stretches[level]);
      const pairs = [];
      for (const [key, at] of singles(current, from, to, stretches[level])) {
        const before = there.get(key) ?? -1;
        if (at >= 0 && before >= 0) pairs.push([at, before]);
      }
      anchors = rising(pairs.sort(([one], [other]) => one - other));
    }
    if (anchors.length === 0) continue;
    // Each gap ends where an anchor begins; what an anchor consists of is found as the common beginning of the next gap.
    let [oldStart, start] = [oldFrom, from];
    for (const [at, before] of anchors) {
      work.push([oldStart, before, start, at, level - 1]);
      [oldStart, start] = [before, at];
    }
    work.push([oldStart, oldTo, start, to, level - 1]);
  }
  return like;
}

/**
 * The profile of a heap by that of an older one.
 * @param text what encodeProfile wrote; '' where nothing is known
 * @param blocks of the heap, as readProfile returns them
 * @returns profile: for the maker; alike: the share of blocks that both heaps have, 0 to 1
 */
export function fitProfile(text, blocks) {
  const old = decodeProfile(text);
  const like = align(
    old.map(({ capacity }) => capacity),
    blocks.map(({ capacity }) => capacity),
  );
  const lines = blocks.map(({ number, capacity }, index) => {
    const { writers, readers } = old[like[index]] ?? { writers: 0, readers: 0 };
    return `${number} ${capacity} ${writers} ${readers} \n`;
  });
  const common = like.filter((index) => index >= 0).length;
  return { profile: lines.join(''), alike: common / Math.max(old.length, blocks.length, 1) };
}
