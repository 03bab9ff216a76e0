import { join } from 'node:path';
import t from 'tap';
import { project } from '../../helpers/runtime.js';

interface Use {
  capacity: number;
  writers: number;
  readers: number;
}

interface Block extends Use {
  number: number;
}

const { align, decodeProfile, encodeProfile, fitProfile, readProfile } = (await import(
  join(project, 'scripts/heap-profile.mjs')
)) as {
  align(old: number[], current: number[]): number[];
  decodeProfile(text: string): Use[];
  encodeProfile(blocks: Use[]): string;
  fitProfile(text: string, blocks: Block[]): { profile: string; alike: number };
  readProfile(text: string): Block[];
};

/** Blocks of many sizes, of which every third is used; the same each time. */
function heap(count: number): Block[] {
  let state = 1;
  const next = (limit: number): number => {
    state = (state * 48271) % 2147483647;
    return state % limit;
  };
  return Array.from({ length: count }, (_, index) => ({
    number: index * 2,
    capacity: 8 + 16 * (1 + next(next(40) + 1)),
    writers: index % 3 === 0 ? 1 + next(1 << 20) : 0,
    readers: index % 3 === 0 ? next(1 << 20) : 0,
  }));
}

t.test('a profile that is written can be read', async (t) => {
  const blocks = heap(500);
  const uses = blocks.map(({ capacity, writers, readers }) => ({ capacity, writers, readers }));
  t.strictSame(decodeProfile(encodeProfile(blocks)), uses);
  t.equal(encodeProfile(blocks), encodeProfile(uses), 'numbers are no part of it');
});

t.test('the same heap gets the same profile', async (t) => {
  const blocks = heap(500);
  const { profile, alike } = fitProfile(encodeProfile(blocks), blocks);
  t.strictSame(readProfile(profile), blocks);
  t.equal(alike, 1);
});

t.test('rows are compared as texts are', async (t) => {
  t.strictSame(align([1, 2, 3], [1, 2, 3]), [0, 1, 2]);
  t.strictSame(align([1, 2, 3], [1, 9, 2, 3]), [0, -1, 1, 2]);
  t.strictSame(align([1, 2, 3, 4], [1, 4]), [0, 3]);
  t.strictSame(align([1, 2, 3, 4, 5], [8, 2, 9, 4, 7]), [-1, 1, -1, 3, -1]);
  t.strictSame(align([], [1]), [-1]);
  t.strictSame(align([1, 1, 1], []), []);
});

t.test('after changes here and there all but those blocks are known', async (t) => {
  const blocks = heap(4000);
  const text = encodeProfile(blocks);
  const changed = blocks
    .filter((_, index) => index % 400 > 9)
    .flatMap((block, index) =>
      index % 500 === 7 ? [{ ...block, capacity: 4000, writers: 0, readers: 0 }, block] : [block],
    )
    .map((block, index) => ({ ...block, number: index }));
  const { profile, alike } = fitProfile(text, changed);
  const fitted = readProfile(profile);
  t.strictSame(
    fitted.map(({ number, capacity }) => [number, capacity]),
    changed.map(({ number, capacity }) => [number, capacity]),
    'the heap is described as it is',
  );
  const wrong = fitted.filter(({ writers }, index) => writers !== changed[index]?.writers).length;
  t.ok(wrong < 40, `${wrong} of ${changed.length} are taken for others`);
  t.ok(alike > 0.95, `${alike} are found`);
});

t.test('without a profile nothing is known', async (t) => {
  const blocks = heap(10);
  const { profile, alike } = fitProfile('', blocks);
  t.equal(alike, 0);
  t.equal(readProfile(profile).length, 10);
});

t.test('of another heap nothing is known', async (t) => {
  const blocks = heap(100);
  const other = blocks.map((block) => ({ ...block, capacity: block.capacity + 8 }));
  const { profile, alike } = fitProfile(encodeProfile(blocks), other);
  t.equal(alike, 0);
  t.ok(readProfile(profile).every(({ writers, readers }) => writers === 0 && readers === 0));
});
