import t from 'tap';
import { joinPointer, splitPointer } from '../../../src/base/json-pointer.js';
import { JsonSyntaxError, scanJson } from '../../../src/config/json/json-scan.js';
import { parseJson, positionAt } from '../../../src/config/json/json-text.js';

function syntaxError(text: string): string {
  try {
    parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { line, column } = positionAt(text, error.offset);
    return `${line}:${column}: ${error.message}`;
  }
  return 'taken';
}

t.test('syntax errors have a place and say what would be right', async (t) => {
  const cases: [text: string, error: string | RegExp][] = [
    ['', '1:1: is empty; must be a JSON object'],
    [' \n ', '1:1: is empty; must be a JSON object'],
    ['\ufeff{}', /^1:1: begins with a byte order mark/],
    ['{"a": 1,\n}', /^1:8: "," before "}"/],
    ['{"a": 1\n "b": 2}', '2:2: a string stands where "," or "}" must stand'],
    ['{\n  a: 1}', '2:3: "a" stands where a name in double quotes or "}" must stand'],
    ["{'a': 1}", /^1:2: ' \(a single quote\) stands/],
    ['{"a" 1}', '1:6: "1" stands after the name "a"; must be ":"'],
    ['{"a": }', '1:7: "}" stands where a value must stand'],
    ['{"a": tru}', '1:7: tru is no JSON value; text must stand in double quotes'],
    ['{"a": NaN}', /^1:7: NaN is no JSON value/],
    ['{} x', '1:4: "x" stands after the end of the JSON value; nothing may follow it'],
    ['{}{}', /^1:3: "\{" stands after the end/],
    ['{"a": 012}', /^1:7: a number is not written as JSON wants it/],
    ['{"a": 0x10}', /^1:7: a number is not written/],
    ['{"a": 1.}', /^1:7: a number is not written/],
    ['{"a": -}', '1:7: "-" stands where a value must stand'],
    ['{"a": +1}', '1:7: "+" stands where a value must stand'],
    ['{"a": "x', '1:7: a string is not closed; must end with a double quote'],
    ['{"a": "x\n"}', /^1:7: a string is not closed on its line/],
    ['{"a": "\t"}', /^1:8: the character U\+0009 stands in a string/],
    ['{"a": "\\x41"}', /^1:8: "\\x" in a string is no escape/],
    ['{"a": "\\u12"}', /^1:8: "\\u" in a string is no escape/],
    ['{"a": 1', '1:8: the file ends where "," or "}" must stand'],
    ['[1, 2', '1:6: the file ends where "," or "]" must stand'],
    ['{ // no\n}', /^1:3: a comment \(JSON has none\) stands/],
    ['{"é😀": nul}', /^1:8: nul is no JSON value/],
  ];
  for (const [text, error] of cases) {
    if (typeof error === 'string') t.equal(syntaxError(text), error, text);
    else t.match(syntaxError(text), error, text);
  }
});

t.test('deep nesting is an error, not a crash', async (t) => {
  const deep = '['.repeat(200_000);
  t.match(syntaxError(deep), /^1:129: objects and arrays are nested deeper than 128 levels$/);
  t.match(syntaxError('{"a":'.repeat(100_000)), /nested deeper/);
  t.match(syntaxError(`${deep}${']'.repeat(200_000)} 1234567890123456789`), /nested deeper/);
});

t.test('the scanner and JSON.parse agree', async (t) => {
  const texts = [
    '{"a":[1,-0,1.5,-2e3,1E+2,0.5e-3,true,false,null,"",{}],"b":{"c":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"}}',
    ' [ ] ',
    '\t{ "a" : [ [ ] , { } ] }\r\n',
    '"text"',
    '{"a":1,"a":2}',
    '{"__proto__":{"x":1},"constructor":2}',
  ];
  for (const text of texts) t.same(scanJson(text).value, JSON.parse(text), text);
  const polluted = scanJson('{"__proto__":{"x":1}}').value as object;
  t.equal(Object.getPrototypeOf(polluted), Object.prototype);
  t.ok(Object.hasOwn(polluted, '__proto__'));
});

t.test('integers beyond 2^53 are exact', async (t) => {
  const { value } = parseJson(
    '{"a": 18446744073709551615, "b": -9223372036854775808, "c": 9007199254740991, "d": 1e19}',
  );
  t.same(value, { a: 18446744073709551615n, b: -9223372036854775808n, c: 9007199254740991, d: 1e19 });
  for (const id of [
    '12345678901234567890',
    'a: 12345678901234567890, b',
    '\\": 12345678901234567890 ',
    '\ue000integer 5',
    '\\ue000integer 5',
    '\\uE000\\u0069nteger 5',
  ]) {
    const text = `{"id": "${id}", "n": [12345678901234567890 , 1234567890123456]}`;
    const wanted = { id: JSON.parse(`"${id}"`), n: [12345678901234567890n, 1234567890123456] };
    t.same(parseJson(text).value, wanted, id);
  }
  t.match(syntaxError('{"a": 01234567890123456789}'), /^1:7: a number is not written/);
  t.equal(parseJson(' 12345678901234567890 ').value, 12345678901234567890n);
});

t.test('an integer of millions of digits is as infinite as 1e309', async (t) => {
  const digits = '1'.repeat(5_000_000);
  t.same(parseJson(`[${digits}, -${digits}, 1e309]`).value, [Infinity, -Infinity, Infinity]);
  t.equal(scanJson(digits).value, Infinity);
});

t.test('positions', async (t) => {
  const text = '{\n  "a": [1, {"b/c": "é"}],\n  "😀": 2, "m~n": 3\n}\n';
  const { positionOf } = parseJson(text);
  t.same(positionOf(''), { line: 1, column: 1 });
  t.same(positionOf('/a'), { line: 2, column: 8 });
  t.same(positionOf('/a/1/b~1c'), { line: 2, column: 20 });
  t.same(positionOf('/😀'), { line: 3, column: 8 }, 'columns are characters');
  t.same(positionOf('/m~0n'), { line: 3, column: 18 });
  t.same(positionOf('/a/1/missing/deeper'), { line: 2, column: 12 }, 'the nearest around what is missing');
  t.same(positionOf('/a/7'), { line: 2, column: 8 });
  t.same(parseJson('{"a":1,"a":[2]}').positionOf('/a'), { line: 1, column: 12 }, 'the last of members with one name');
});

t.test('pointers', async (t) => {
  t.equal(joinPointer('/a', 'b/c', 'd~e', 4, ''), '/a/b~1c/d~0e/4/');
  t.same(splitPointer('/a/b~1c/d~0e/4/'), ['a', 'b/c', 'd~e', '4', '']);
  t.same(splitPointer(''), []);
  t.same(splitPointer('/~01'), ['~1']);
});
