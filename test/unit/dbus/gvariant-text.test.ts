import t from 'tap';
import { parseGVariant } from '../../../src/dbus/gvariant-text.js';
import type { DbusValue } from '../../../src/dbus/signature.js';

const cases: [string, string, DbusValue][] = [
  ['true', 'b', true],
  [' false ', 'b', false],
  ['5', 'i', 5],
  ['-5', 'i', -5],
  ['0x10', 'i', 16],
  ['010', 'i', 8],
  ['1.5', 'd', 1.5],
  ['1e3', 'd', 1000],
  ['uint64 123456789', 't', 123456789n],
  ['int64 -1', 'x', -1n],
  ['uint32 7', 'u', 7],
  ['byte 0xff', 'y', 255],
  ['double 2', 'd', 2],
  ['@t 18446744073709551615', 't', (1n << 64n) - 1n],
  ["'text'", 's', 'text'],
  ['"te\'xt"', 's', "te'xt"],
  ["'a\\n\\'\\u00e9\\\\'", 's', "a\n'é\\"],
  ["'inactive-or-failed'", 's', 'inactive-or-failed'],
  ["objectpath '/a/b'", 'o', '/a/b'],
  ["signature 'as'", 'g', 'as'],
  ["['a', 'b']", 'as', ['a', 'b']],
  ['@as []', 'as', []],
  ['[1, uint64 2]', 'at', [1n, 2n]],
  ['[1, 2.5]', 'ad', [1, 2.5]],
  ['[byte 1, 2]', 'ay', Uint8Array.of(1, 2)],
  ["b'a\\001'", 'ay', Uint8Array.of(97, 1, 0)],
  ["(1, 'x')", '(is)', [1, 'x']],
  ['(uint32 1,)', '(u)', [1]],
  [
    "[('/dev/null', 'rw'), ('/dev/zero', 'r')]",
    'a(ss)',
    [
      ['/dev/null', 'rw'],
      ['/dev/zero', 'r'],
    ],
  ],
  [
    "{'a': <1>, 'b': <'x'>}",
    'a{sv}',
    [
      ['a', { signature: 'i', value: 1 }],
      ['b', { signature: 's', value: 'x' }],
    ],
  ],
  ['<uint64 5>', 'v', { signature: 't', value: 5n }],
  ['@a{su} {}', 'a{su}', []],
  ['[[1], [uint32 2]]', 'aau', [[1], [2]]],
];

t.test('values', async (t) => {
  for (const [text, signature, value] of cases) t.same(parseGVariant(text), { signature, value }, text);
});

t.test('what is none is refused, with the place', async (t) => {
  const wrong: [string, RegExp][] = [
    ['', /a value is missing/],
    ['5 5', /nothing more/],
    ["'open", /a value is missing/],
    ['text', /in quotes/],
    ['toString', /in quotes|no value/],
    ['[1', /\] is missing/],
    ["[1, 'a']", /type/],
    ['[]', /needs its type/],
    ['()', /empty tuple/],
    ['byte 256', /beyond/],
    ['4294967296', /uint64/],
    ['uint64 -1', /beyond/],
    ['uint64 1.5', /type t/],
    ["uint32 'x'", /type u/],
    ['@zz 1', /no type/],
    ['<1', /> is missing/],
    ["{'a' 1}", /: is missing/],
    ["objectpath 'a'", /no object path/],
    ['['.repeat(1000), /nested/],
    ['@i uint64 5', /type/],
  ];
  for (const [text, message] of wrong)
    t.throws(() => parseGVariant(text), { code: 'config', message }, text.slice(0, 20));
});
