import t from 'tap';
import { nodeNative } from '../../../src/hosts/node/host.js';

const native = nodeNative();
const ids = ['web-1', 'web-2', 'db-1', '0f2d3c4b-5a69-4788-9796-a5b4c3d2e1f0'];

t.test('words that hold a match', async (t) => {
  const cases: [pattern: string, matching: string[]][] = [
    ['^web-', ['web-1', 'web-2']],
    ['(web|db)-1$', ['web-1', 'db-1']],
    ['^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', [ids[3]!]],
    ['[[:alpha:]]b-[^]1]', ['web-2']],
    ['[])}{1,99}]', ['web-1', 'db-1', ids[3]!]],
    ['^\\w+-[0-9]+$', ['web-1', 'web-2', 'db-1']],
    ['.*', ids],
    ['([a-z]+-?)+[0-9]*', ids],
  ];
  for (const [pattern, matching] of cases) t.same(native.matching(pattern, ids), matching, pattern);
});

t.test('what is no expression', async (t) => {
  for (const pattern of ['[', '(', 'a{2,1}', '[[:nothing:]]', '\\'])
    t.throws(() => native.matching(pattern, ids), { code: 'system', fields: { errno: 22 } }, pattern);
});

t.test('what would take memory without end', async (t) => {
  const patterns = [
    '(((a{99}){99}){99}){99}',
    'a{99}{99}',
    'a{655}{1,9}',
    '()?????{620}',
    'a?{83\\07}',
    'a???{1,9}??+??',
    '[a-z]*+{45}',
    '((((a?)?)?)?)?',
    `)${'+'.repeat(30)}`,
    `${'(a?'.repeat(9)}${')*'.repeat(9)}{99}`,
    '(){2550}',
    `${'(a'.repeat(40)}${'+)'.repeat(40)}`,
    `${'('.repeat(50_000)}${')'.repeat(50_000)}`,
    'a'.repeat(5000),
    'a{1,32767}',
    'a{32767,}',
    '(a{0,500}){0,500}',
    '(.*)\\1',
  ];
  for (const pattern of patterns)
    t.throws(() => native.matching(pattern, ids), { code: 'system', fields: { errno: 7 } }, pattern.slice(0, 40));
});

t.test('what would take time without end: glibc follows each way to match nothing', async (t) => {
  const optional = '(a*)?'.repeat(25);
  const either = '(a*|b*)'.repeat(25);
  const patterns = [
    'n0?+0?.h+h(){89,}(())()?{44,}(()))',
    '()?{22,}',
    '(($|^){7})*',
    '((\\b|\\B){3})*',
    '((\\<|\\>|^|$){2})*',
    '((\\b|){5})*',
    '((\\b)*(\\B)*(\\b)*(\\B)*)*',
    'n0?+h(){89,}(((^)))?{22,}',
    'a((^)?{22,})',
    '(|)?{22,}',
    '(a|)?{22,}',
    '(^)?{22,}',
    '((a*)?){44,}',
    '((a*)?b?){40,}',
    '((a?){0,1}){60,}',
    '((a?){0,2}){22,}',
    '(a*|b*){40,}',
    '(()|()){40,}',
    '((a*)?){8,}((a*)?){8,}((a*)?){8,}',
    '((a*)??){3,}{4,}',
    '(((((a*)?){22})b)){2,}',
    `(${optional})*`,
    `(${either})*`,
  ];
  for (const pattern of patterns)
    t.throws(() => native.matching(pattern, ids), { code: 'system', fields: { errno: 7 } }, pattern);
  for (const pattern of [
    '(a?){44,}',
    '(a*){44,}',
    '(a{0,2}){40,}',
    '^app-\\w{1,12}$',
    '(^|-)web(\\.|$)?',
    '((a?)a){60,}',
    '(web-?|db-?)*[0-9]*',
  ])
    t.type(native.matching(pattern, ids), Array, pattern);
});
