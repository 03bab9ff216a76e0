import t from 'tap';
import { diffLists } from '../../../../src/plan/explain/sequence-diff.js';

const show = (first: string, second: string): string =>
  diffLists([...first], [...second], (item) => item)
    .map(({ sign, item }) => `${sign}${item}`)
    .join('');

t.test('what is the same, gone and new', async (t) => {
  t.equal(show('abc', 'abc'), ' a b c');
  t.equal(show('', ''), '');
  t.equal(show('ab', ''), '-a-b');
  t.equal(show('', 'ab'), '+a+b');
  t.equal(
    show('abcabba', 'cbabac').replace(/ ./g, '').length / 2,
    5,
    'as few as there can be (the example of the paper)',
  );
});

/** How many items two lists have in common in order, the slow way. */
function common(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++)
      rows[i]![j] = a[i - 1] === b[j - 1] ? rows[i - 1]![j - 1]! + 1 : Math.max(rows[i - 1]![j]!, rows[i]![j - 1]!);
  return rows[a.length]![b.length]!;
}

t.test('any two lists: both are in it, in order, and no shorter difference is possible', async (t) => {
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * below);
  };
  const word = (): string => Array.from({ length: next(12) }, () => 'abc'[next(3)]).join('');
  const wrong: string[] = [];
  for (let i = 0; i < 2000; i++) {
    const [first, second] = [word(), word()];
    const items = diffLists([...first], [...second], (item) => item);
    const of = (sign: '-' | '+'): string =>
      items
        .filter((one) => one.sign === ' ' || one.sign === sign)
        .map(({ item }) => item)
        .join('');
    const same = items.filter(({ sign }) => sign === ' ').length;
    if (of('-') !== first || of('+') !== second || same !== common(first, second)) wrong.push(`${first} ${second}`);
  }
  t.same(wrong, []);
});
