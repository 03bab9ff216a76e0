import t from 'tap';
import { TsruncError } from '../../../src/base/error.js';
import { socketsOf } from '../../../src/dbus/address.js';
import { Writer } from '../../../src/dbus/marshal.js';
import { decodeMessage, encodeMessage, type Message, messageSize } from '../../../src/dbus/message.js';
import { type DbusValue, isSingleType, splitSignature } from '../../../src/dbus/signature.js';
import { Reader } from '../../../src/dbus/unmarshal.js';

const written = (signature: string, values: DbusValue[]): string => {
  const writer = new Writer();
  writer.values(signature, values);
  return Buffer.from(writer.data).toString('hex');
};
const read = (signature: string, hex: string): DbusValue[] =>
  new Reader(Buffer.from(hex, 'hex'), true).values(signature);

t.test('signatures', async (t) => {
  t.same(splitSignature('ssa(sv)a(sa(sv))'), ['s', 's', 'a(sv)', 'a(sa(sv))']);
  t.same(splitSignature('a{sv}(iiqq)ay'), ['a{sv}', '(iiqq)', 'ay']);
  for (const wrong of [
    'a',
    '(',
    '()',
    '(s',
    'a{s}',
    'a{vs}',
    'a{sss}',
    '{ss}',
    'z',
    ')',
    `${'a'.repeat(80)}s`,
    's'.repeat(256),
  ])
    t.equal(splitSignature(wrong), undefined, wrong);
  t.ok(isSingleType('a(ss)'));
  t.notOk(isSingleType('ss'));
  t.notOk(isSingleType(''));
});

// Worked out by hand from the specification, "Marshaling (Wire Format)".
const golden: [string, DbusValue[], string][] = [
  ['s', ['foo'], '03000000666f6f00'],
  ['s', ['é'], '02000000c3a900'],
  ['u', [1024], '00040000'],
  ['i', [-1], 'ffffffff'],
  ['n', [-2], 'feff'],
  ['q', [65535], 'ffff'],
  ['b', [true], '01000000'],
  ['y', [255], 'ff'],
  ['t', [(1n << 64n) - 1n], 'ffffffffffffffff'],
  ['x', [-1n], 'ffffffffffffffff'],
  ['d', [1.5], '000000000000f83f'],
  ['yu', [1, 2], '0100000002000000'],
  ['ut', [1, 2n], '01000000000000000200000000000000'],
  ['as', [['a', 'bc']], '0f000000010000006100000002000000626300'],
  ['au', [[7]], '0400000007000000'],
  ['ay', [Uint8Array.of(1, 2)], '020000000102'],
  ['at', [[5n]], '08000000000000000500000000000000'],
  // The padding before the first item is there without items too.
  ['a(ss)', [[]], '0000000000000000'],
  ['v', [{ signature: 'u', value: 3 }], '0175000003000000'],
  ['a(sv)', [[['A', { signature: 'b', value: true }]]], '100000000000000001000000410001620000000001000000'],
  ['a{yy}', [[[1, 2]]], '02000000000000000102'],
  ['g', ['a(ss)'], '05612873732900'],
];

t.test('values are written as the specification has them, and read again', async (t) => {
  for (const [signature, values, hex] of golden) {
    t.equal(written(signature, values), hex, `${signature} written`);
    t.same(read(signature, hex), values, `${signature} read`);
  }
});

t.test('text that is no UTF-8 is read all the same', async (t) => {
  t.same(read('s', '05000000f09f9880' + '4100'), ['😀A']);
  t.same(read('s', '04000000c0af' + 'ff41' + '00'), ['\ufffd\ufffd\ufffdA'], 'too long, and no beginning');
  t.same(read('s', '03000000eda080' + '00'), ['\ufffd\ufffd\ufffd'], 'a surrogate');
  t.same(read('s', '02000000e282' + '00'), ['\ufffd\ufffd'], 'cut off');
});

t.test('the other byte order', async (t) => {
  t.same(new Reader(Buffer.from('0000000100000003666f6f00', 'hex'), false).values('us'), [1, 'foo']);
});

t.test('a value that is not of its type is a bug of ours', async (t) => {
  const wrong: [string, DbusValue[]][] = [
    ['s', [1]],
    ['u', ['x']],
    ['t', [1]],
    ['b', [1]],
    ['as', ['x']],
    ['ss', ['x']],
    ['s', ['a\0b']],
  ];
  for (const [signature, values] of wrong) t.throws(() => written(signature, values), { code: 'internal' }, signature);
});

t.test('lengths that lie are refused', async (t) => {
  const hostile: [string, string][] = [
    ['s', 'ffffffff666f6f00'],
    ['s', '04000000666f6f00'],
    ['s', '03000000666f6f01'],
    ['as', 'ffffff7f0300'],
    ['as', '08000000ffffffff61000000'],
    ['at', '0700000000000000000000000000'],
    ['ay', '0300000001'],
    ['v', '0273730000000000'],
    ['v', '0028'],
    ['b', '02000000'],
    ['t', '0000'],
    ['u', ''],
    ['a(yv)', '04000000'],
  ];
  for (const [signature, hex] of hostile)
    t.throws(() => read(signature, hex), { code: 'system' }, `${signature} ${hex}`);
  const nested = `${'0176'.repeat(100)}0000`;
  t.throws(() => read('v', nested.replaceAll('0176', '017600')), /nested too deeply/);
});

const call: Message = {
  type: 1,
  flags: 0,
  serial: 2,
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
  member: 'StopUnit',
  destination: 'org.freedesktop.systemd1',
  signature: 'ss',
  body: ['x.scope', 'replace'],
};

t.test('messages', async (t) => {
  const bytes = encodeMessage(call);
  t.equal(messageSize(bytes), bytes.length);
  t.same(decodeMessage(bytes), call);
  t.equal(Buffer.from(bytes.subarray(0, 16)).toString('hex'), '6c0100011800000002000000a0000000');
  const empty = { type: 1, flags: 0, serial: 1, path: '/a', member: 'M', signature: '', body: [] };
  t.same(decodeMessage(encodeMessage(empty)), empty);
  t.equal(messageSize(encodeMessage(empty)), encodeMessage(empty).length);
});

t.test('a field that is not known is left out, one of another type is refused', async (t) => {
  const bytes = encodeMessage({ type: 1, flags: 0, serial: 1, path: '/a', signature: '', body: [] });
  const unknown = bytes.slice();
  unknown[16] = 99;
  t.equal(decodeMessage(unknown).path, undefined);
  const other = bytes.slice();
  other[16] = 5;
  t.throws(() => decodeMessage(other), /header field 5/);
});

t.test('what is no message', async (t) => {
  const bytes = encodeMessage(call);
  const with32 = (at: number, value: number) => {
    const changed = bytes.slice();
    new DataView(changed.buffer).setUint32(at, value, true);
    return changed;
  };
  t.throws(() => messageSize(with32(4, 0xffffffff)), /4294967295/, 'a body of 4 GiB');
  t.throws(() => messageSize(with32(12, 0x7fffffff)), TsruncError, 'header fields of 2 GiB');
  t.throws(() => messageSize(with32(0, 0)), TsruncError, 'another protocol');
  for (let length = 16; length < bytes.length; length++)
    t.throws(() => decodeMessage(bytes.slice(0, length)), { code: 'system' }, `cut to ${length}`);
});

t.test('addresses', async (t) => {
  t.same(socketsOf('unix:path=/run/user/1000/bus'), ['/run/user/1000/bus']);
  t.same(socketsOf('unix:path=/run/a%20b%2fc%c3%a9,guid=1f'), ['/run/a b/cé']);
  t.same(socketsOf('tcp:host=x,port=1;unix:guid=1,abstract=/tmp/dbus-x;unix:path=/b'), ['@/tmp/dbus-x', '/b']);
  t.same(socketsOf('autolaunch:'), []);
  t.same(socketsOf(''), []);
});
