/** Texts of values: sizes, durations, lists of CPUs, id maps, mountinfo, JSON pointers. Written and read they are the same. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { joinPointer, splitPointer } from '../../src/base/json-pointer.js';
import { mountLines } from '../../src/base/mountinfo.js';
import { distance, nearest } from '../../src/base/nearest.js';
import { subIdRanges } from '../../src/base/sub-id-ranges.js';
import { parseDuration } from '../../src/cli/duration.js';
import { parseSize } from '../../src/cli/size.js';
import { mostNumbers, parseList } from '../../src/config/cpu-list.js';
import { hostId, idMapText, isMapped, parseIdMap } from '../../src/config/id-mappings.js';
import { isInlineIdMap, readInlineIdMap } from '../../src/config/inline-id-map.js';
import { holds } from '../helpers/property.js';

const anyText = fc.string({ unit: 'binary' });
const near = (...words: string[]) =>
  fc.oneof(
    anyText,
    fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((list) => list.join('')),
  );

t.test('sizes', async (t) => {
  const units = ['', 'k', 'm', 'g', 't', 'p'];
  const sized = fc.tuple(
    fc.bigInt({ min: 0n, max: 2n ** 70n }),
    fc.nat(5),
    fc.constantFrom('', 'b', 'B', 'iB', 'i'),
    fc.boolean(),
  );
  holds(t, 'whole numbers are exact', 3000, sized, ([number, power, end, upper]) => {
    const unit = units[power]!;
    const text = `${number}${upper ? unit.toUpperCase() : unit}${unit === '' ? end.replace('i', '') : end}`;
    const bytes = number << BigInt(10 * power);
    const parsed = parseSize(text);
    if (bytes >= 2n ** 63n) strictEqual(parsed, undefined, text);
    else strictEqual(BigInt(parsed!), bytes, text);
  });
  const fractions = fc
    .tuple(fc.bigInt({ min: 0n, max: 2n ** 66n }), fc.nat(999), fc.constantFrom(...units))
    .map(([whole, part, unit]) => `${whole}.${part}${unit}`);
  holds(
    t,
    'any text',
    5000,
    fc.oneof(near('0', '1', '9', '99999999999', '.', ' ', 'k', 'G', 'p', 'i', 'b', '-', 'e'), fractions),
    (text) => {
      const parsed = parseSize(text);
      if (parsed === undefined) return;
      ok(BigInt(parsed) >= 0n && BigInt(parsed) < 2n ** 63n, `${parsed}`);
      ok(typeof parsed === 'bigint' || Number.isSafeInteger(parsed), `${parsed} is not exact`);
    },
  );
});

t.test('durations', async (t) => {
  const units = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 1e-3, ns: 1e-6 };
  const parts = fc.array(fc.tuple(fc.nat(100_000), fc.constantFrom(...Object.keys(units))), {
    minLength: 1,
    maxLength: 6,
  });
  holds(t, 'are the sum of their parts', 2000, parts, (list) => {
    const text = list.map(([number, unit]) => `${number}${unit}`).join('');
    const sum = list.reduce((total, [number, unit]) => total + number * units[unit as keyof typeof units], 0);
    const parsed = parseDuration(text);
    ok(parsed !== undefined && Math.abs(parsed - sum) <= sum * 1e-9, `${text}: ${parsed}`);
    strictEqual(parseDuration(`-${text}`), -parsed);
  });
  holds(
    t,
    'any text',
    5000,
    near('0', '1', '5', '999999999999', '.', 'h', 'm', 's', 'ns', 'µs', '-', '+', 'e'),
    (text) => {
      const parsed = parseDuration(text);
      ok(parsed === undefined || Math.abs(parsed) <= Number(2n ** 63n) / 1e6, `${parsed}`);
    },
  );
});

/** A list as the kernel writes it. */
function listText(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

t.test('lists of CPUs', async (t) => {
  const numbers = fc.uniqueArray(fc.nat(300), { maxLength: 60 }).map((list) => list.sort((a, b) => a - b));
  holds(t, 'are read as they are written', 2000, numbers, (list) =>
    deepStrictEqual(parseList(listText(list), 301), list),
  );
  holds(t, 'any text', 5000, near('0', '7', '12', '-', ',', ' ', '8191', '8192', '999999999', '\n'), (text) => {
    const parsed = parseList(text, mostNumbers);
    if (parsed === undefined) return;
    deepStrictEqual(parseList(listText(parsed), mostNumbers), parsed);
    ok(parsed.every((number, i) => number >= 0 && number < mostNumbers && (i === 0 || number > parsed[i - 1]!)));
  });
  t.test('the same numbers any number of times take no longer', async (t) => {
    const text = Array.from({ length: 100_000 }, () => '0-8191').join(',');
    const since = performance.now();
    t.equal(parseList(text, mostNumbers)?.length, mostNumbers);
    t.ok(performance.now() - since < 2000, `${performance.now() - since} ms`);
  });
});

t.test('id maps', async (t) => {
  const id = fc.nat(0xfffffffe);
  const mapping = fc.record(
    { containerID: id, hostID: id, size: fc.integer({ min: 1, max: 0xffffffff }) },
    { noNullPrototype: true },
  );
  const map = fc.array(mapping, { maxLength: 8 });
  holds(t, 'are read as they are written', 2000, map, (list) => deepStrictEqual(parseIdMap(idMapText(list)), list));
  holds(t, 'as options too', 2000, fc.array(mapping, { minLength: 1, maxLength: 8 }), (list) => {
    const ranges = list.map(({ containerID, hostID, size }) => `${containerID}-${hostID}-${size}`).join('#');
    const option = `idmap=uids=${ranges};gids=${ranges}`;
    ok(isInlineIdMap(option));
    const read = readInlineIdMap(option, {});
    const fits = list.every(({ containerID, hostID, size }) => Math.max(containerID, hostID) + size <= 0xffffffff);
    if (fits) deepStrictEqual(read, { uidMappings: list, gidMappings: list });
    else strictEqual(typeof read, 'string');
  });
  holds(t, 'an id is mapped, or it has none outside', 2000, fc.tuple(map, id), ([list, one]) => {
    strictEqual(isMapped(list, one), hostId(list, one) !== undefined);
  });
  const lines = near('0', ' ', '1000', '4294967295', '\n', '-', '12345678901234567890');
  holds(t, 'any text', 3000, lines, (text) => {
    const parsed = parseIdMap(text);
    deepStrictEqual(parseIdMap(idMapText(parsed)), parsed);
  });
  holds(t, 'subordinate ids of any text', 3000, near('a', ':', '1000', '65536', '4294967295', '\n'), (text) => {
    for (const { first, count } of subIdRanges(text, ['a', '1000'])) ok(count > 0 && first + count <= 0xffffffff);
  });
});

t.test('mountinfo', async (t) => {
  const escaped = (path: string): string =>
    path.replace(/[ \t\n\\]/g, (unit) => `\\${unit.charCodeAt(0).toString(8).padStart(3, '0')}`);
  const path = anyText.map((text) => `/${text.replaceAll('\0', '')}`);
  const word = fc.stringMatching(/^[a-z0-9=:]{1,8}$/);
  const mount = fc.record(
    {
      point: path,
      options: fc.array(word, { minLength: 1, maxLength: 4 }),
      type: word,
      superOptions: fc.array(word, { minLength: 1, maxLength: 4 }),
    },
    { noNullPrototype: true },
  );
  holds(
    t,
    'a line is read as the kernel writes it',
    2000,
    fc.tuple(mount, fc.array(word, { maxLength: 3 })),
    ([one, tags]) => {
      const optional = tags.map((tag) => `shared:${tag} `).join('');
      const line = `36 35 98:0 / ${escaped(one.point)} ${one.options.join(',')} ${optional}- ${one.type} /dev/x ${one.superOptions.join(',')}\n`;
      deepStrictEqual(mountLines(line), [one]);
    },
  );
  holds(t, 'any text', 3000, near(' - ', ' ', '\\040', '\\', '\n', 'rw', '/a'), (text) => {
    ok(mountLines(text).length <= text.split('\n').length);
  });
});

t.test('JSON pointers', async (t) => {
  const parts = fc.array(fc.oneof(anyText, near('~', '/', '0', '1', '~01')), { maxLength: 6 });
  holds(t, 'are split as they were joined', 3000, parts, (list) => {
    if (list.length > 0) deepStrictEqual(splitPointer(joinPointer('', ...list)), list);
  });
});

t.test('what was probably meant', async (t) => {
  const word = fc.stringMatching(/^[a-c]{0,8}$/);
  holds(t, 'edits are counted the same both ways', 2000, fc.tuple(word, word), ([one, other]) => {
    strictEqual(distance(one, other), distance(other, one));
    strictEqual(distance(one, other) === 0, one === other);
    ok(distance(one, other) <= Math.max(one.length, other.length));
  });
  holds(t, 'is one of the words', 2000, fc.tuple(word, fc.array(word, { maxLength: 6 })), ([one, list]) => {
    const found = nearest(one, list);
    ok(found === undefined || list.includes(found));
  });
});
