/** The JSON scanner against JSON.parse: the same value, or refused at a place of the text. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { decodeUtf8, encodeUtf8 } from '../../src/base/bytes.js';
import { joinPointer } from '../../src/base/json-pointer.js';
import { countMembers, mostMembers } from '../../src/config/json/count-members.js';
import { JsonSyntaxError, type Place, scanJson } from '../../src/config/json/json-scan.js';
import { parseJson, positionAt, repeatedNames } from '../../src/config/json/json-text.js';
import { writeJson } from '../../src/config/json/json-write.js';
import { decode } from '../../src/config/validate/encoding.js';
import { holds } from '../helpers/property.js';

/** What JSON is made of, and what it is often taken to be made of. */
const words = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '"a"',
    '"a":',
    '"b": ',
    'true',
    'false',
    'null',
    '0',
    '-0',
    '-',
    '1',
    '1.5',
    '1e5',
  ],
  ...[
    '01',
    '.5',
    '5.',
    '1e',
    '+1',
    '0x1',
    'NaN',
    'Infinity',
    '-Infinity',
    '1_0',
    "'a'",
    '// c\n',
    '/* c */',
    ' ',
    '\n',
    '\r\n',
  ],
  ...[
    '\t',
    '\u00a0',
    '\u2028',
    '\ufeff',
    '\0',
    '\x7f',
    '\\',
    '\\n',
    '\\u0041',
    '\\ud83d',
    '\ud83d',
    '\ude00',
    'é',
    '😀',
  ],
  ...['9007199254740991', '9007199254740993', '-9223372036854775808', '18446744073709551615', '1234567890123456'],
  ...[
    '12345678901234567890123',
    '0000000000000000',
    '"__proto__":',
    '"constructor":',
    '\ue000integer 5',
    '\\ue000integer 5',
  ],
];

const wordsTogether = fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((list) => list.join(''));
/** Text of a JSON value with long integers, and strings that look like what stands for them in between. */
const sound = fc.oneof(
  fc.json({ stringUnit: 'binary' }),
  fc
    .letrec<{ value: unknown; scalar: unknown }>((tie) => ({
      scalar: fc.oneof(
        fc.bigInt(),
        fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(null, true, '\ue000integer 5', '\ue000integer 12345678901234567890', ' 12345678901234567890 '),
        fc.string({ unit: 'binary' }),
      ),
      value: fc.oneof(
        { depthSize: 'small' },
        tie('scalar'),
        fc.array(tie('value'), { maxLength: 5 }),
        fc.dictionary(fc.string({ unit: 'binary', maxLength: 4 }), tie('value'), { maxKeys: 5 }),
      ),
    }))
    .value.map((value) => writeJson(value)),
);
/** The same with characters written as escapes. */
const escaped = sound.map((text) =>
  text.replace(/[\ue000-\uf8ff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).toUpperCase()}`),
);
/** A sound text with a piece of it replaced. */
const damaged = fc
  .tuple(fc.oneof(sound, escaped), fc.nat(), fc.nat(4), fc.constantFrom('', ...words))
  .map(([text, at, length, word]) => {
    const start = at % (text.length + 1);
    return text.slice(0, start) + word + text.slice(start + length);
  });
const spaced = fc.tuple(wordsTogether, fc.constantFrom(' ', '\n', '')).map(([text, space]) => space + text + space);
const texts = fc.oneof(sound, escaped, damaged, spaced, fc.string({ unit: 'binary' }));

function tried<T>(read: () => T): { value: T } | { error: unknown } {
  try {
    return { value: read() };
  } catch (error) {
    return { error };
  }
}

/** With numbers in the place of exact integers, as JSON.parse has them. */
function rounded(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  const copy = {};
  for (const [name, member] of Object.entries(value))
    Object.defineProperty(copy, name, { value: rounded(member), writable: true, enumerable: true, configurable: true });
  return copy;
}

/** That an error is one of syntax, at a place of the text that a message can name. */
function isPlaced(error: unknown, text: string): void {
  if (!(error instanceof JsonSyntaxError)) throw error;
  ok(error.offset >= 0 && error.offset <= text.length, `offset ${error.offset}`);
  const { line, column } = positionAt(text, error.offset);
  const lines = text.split('\n');
  ok(line >= 1 && line <= lines.length, `line ${line}`);
  ok(
    column >= 1 && column <= [...lines[line - 1]!].length + 1,
    `column ${column} of ${JSON.stringify(lines[line - 1])}`,
  );
}

t.test('any text is parsed as JSON.parse does, or refused at a place of it', async (t) => {
  holds(t, 'the scanner', 6000, texts, (text) => {
    const reference = tried(() => JSON.parse(text));
    const scanned = tried(() => scanJson(text).value);
    if ('error' in scanned) {
      isPlaced(scanned.error, text);
      ok('error' in reference, `refused: ${(scanned.error as Error).message}`);
    } else {
      ok('value' in reference, 'taken');
      deepStrictEqual(rounded(scanned.value), reference.value);
    }
  });
  holds(t, 'the parser of files', 6000, texts, (text) => {
    const scanned = tried(() => scanJson(text).value);
    const parsed = tried(() => parseJson(text).value);
    if ('error' in parsed) isPlaced(parsed.error, text);
    strictEqual('error' in parsed, 'error' in scanned);
    if ('value' in parsed && 'value' in scanned) deepStrictEqual(parsed.value, scanned.value);
  });
});

/** Calls visit for a value and all in it, with their pointers. */
function walk(value: unknown, pointer: string, visit: (value: unknown, pointer: string) => void): void {
  visit(value, pointer);
  if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) walk(member, joinPointer(pointer, name), visit);
}

t.test('every value is where its position says', async (t) => {
  holds(t, 'positions', 1500, fc.oneof(sound, escaped), (text) => {
    const { value, positionOf } = parseJson(text);
    const lines = text.split('\n');
    walk(value, '', (inner, pointer) => {
      const position = positionOf(pointer);
      ok(position !== undefined, pointer);
      const rest = [...lines[position.line - 1]!].slice(position.column - 1).join('');
      const first = rest.charAt(0);
      const kind = Array.isArray(inner) ? '[' : inner === null ? 'n' : typeof inner;
      const expected = { object: '{', '[': '[', string: '"', n: 'n', boolean: inner ? 't' : 'f' }[kind as string];
      if (expected === undefined) ok(/[-0-9]/.test(first), `${pointer}: ${rest.slice(0, 20)}`);
      else strictEqual(first, expected, pointer);
    });
  });
});

t.test('no name that is given twice is overlooked', async (t) => {
  const names = fc.constantFrom('a', 'b', 'a:', '"', '__proto__', '\\', '');
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('1', '":"', '"a\\":"', 'null'),
      fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
      fc.array(fc.tuple(names, tie('value')), { maxLength: 4 }).map((members) => {
        return `{${members.map(([name, inner]) => `${JSON.stringify(name)} :${inner}`).join(',')}}`;
      }),
    ),
  }));
  holds(t, 'members are counted', 3000, value, (text) => {
    let kept = 0;
    walk(JSON.parse(text), '', (inner) => {
      if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) kept += Object.keys(inner).length;
    });
    const given = countMembers(text);
    ok(mostMembers(text) >= given, 'the quick count is an upper bound');
    const lost = repeatedNames(text);
    strictEqual(lost.length > 0, given > kept, `${given} given, ${kept} kept`);
  });
});

t.test('what is written is read', async (t) => {
  holds(t, 'JSON with exact integers', 2000, sound, (text) => {
    const { value } = parseJson(text);
    deepStrictEqual(parseJson(writeJson(value)).value, value);
  });
});

t.test('UTF-8 is read as TextDecoder reads it', async (t) => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: 'binary' }).map((text) => encodeUtf8(text)),
    fc
      .array(
        fc.constantFrom(0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xef, 0xf0, 0x90, 0xf4, 0x8f, 0xff),
        {
          maxLength: 12,
        },
      )
      .map((list) => Uint8Array.from(list)),
  );
  // One for each byte here, one for the beginning of a sequence there.
  const squeezed = (text: string): string => text.replace(/\ufffd+/g, '\ufffd');
  holds(t, 'bytes', 4000, bytes, (input) => {
    const reference = new TextDecoder('utf-8', { ignoreBOM: true }).decode(input);
    strictEqual(squeezed(decodeUtf8(input)), squeezed(reference));
    const file = decode(input);
    if (file.refused === undefined) strictEqual(squeezed(file.text), squeezed(reference));
    if (file.invalid !== undefined) ok(file.invalid.count > 0 && reference.includes('\ufffd'));
  });
  holds(t, 'texts', 2000, fc.string({ unit: 'binary' }), (text) => {
    strictEqual(
      decodeUtf8(encodeUtf8(text)),
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text)),
    );
  });
});

t.test('places are within what is around them', async (t) => {
  holds(t, 'places', 1500, sound, (text) => {
    const check = (place: Place, from: number): void => {
      ok(place.start >= from && place.start < text.length);
      for (const inner of [...(place.members?.values() ?? []), ...(place.items ?? [])]) check(inner, place.start + 1);
    };
    check(scanJson(text).place, 0);
  });
});
