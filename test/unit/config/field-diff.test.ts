import t from 'tap';
import { fieldDifferences } from '../../../src/config/field-diff.js';

const places = (before: unknown, after: unknown): [string | undefined, string | undefined][] =>
  fieldDifferences(before, after).map(({ first, second }) => [first, second]);

t.test('the innermost fields that differ', async (t) => {
  t.same(places({ a: 1, b: { c: 2 } }, { a: 1, b: { c: 2 } }), []);
  t.same(places({ a: 1, b: { c: 2 } }, { a: 2, b: { c: 3 } }), [
    ['/a', '/a'],
    ['/b/c', '/b/c'],
  ]);
  t.same(places({ a: 1 }, { 'b/c': 1 }), [
    ['/a', undefined],
    [undefined, '/b~1c'],
  ]);
  t.same(places({ limit: 10n ** 18n }, { limit: 10n ** 18n + 1n }), [['/limit', '/limit']], 'beyond 2^53');
  t.same(places({ a: null }, { a: [] }), [['/a', '/a']]);
});

t.test('items of lists are found by what names them', async (t) => {
  const mount = (destination: string, type = 'tmpfs') => ({ destination, type });
  const before = { mounts: [mount('/proc'), mount('/data')] };
  const after = { mounts: [mount('/new'), mount('/proc'), mount('/data', 'bind')] };
  t.same(places(before, after), [
    ['/mounts/1/type', '/mounts/2/type'],
    [undefined, '/mounts/0'],
  ]);
  t.same(places({ env: ['A=1', 'B=2'] }, { env: ['B=2', 'A=3'] }), [['/env/0', '/env/1']]);
  t.same(places({ caps: ['A', 'B'] }, { caps: ['B', 'C'] }), [
    ['/caps/0', undefined],
    [undefined, '/caps/1'],
  ]);
  t.same(
    places({ list: [mount('/a'), mount('/b')] }, { list: [mount('/b'), mount('/a')] }),
    [['/list', '/list']],
    'order',
  );
  t.same(places({ list: ['a', 'a'] }, { list: ['a'] }), [['/list/1', undefined]], 'twice');
  t.same(
    places({ args: ['sh', '-c', 'true'] }, { args: ['sleep', '1'] }),
    [['/args', '/args']],
    'a command as a whole',
  );
});
