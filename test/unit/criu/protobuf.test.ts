import t from 'tap';
import { decodeUtf8, encodeUtf8 } from '../../../src/base/bytes.js';
import { criuRequest, criuResponse, RequestType } from '../../../src/criu/messages.js';
import { decodeMessage, encodeMessage } from '../../../src/criu/protobuf.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => new Uint8Array(Buffer.from(text.replace(/ /g, ''), 'hex'));

t.test('a request has the bytes that protobuf defines', async (t) => {
  t.equal(hex(encodeMessage(criuRequest, { type: RequestType.version })), '080a');
  t.equal(hex(encodeMessage(criuRequest, { type: RequestType.notify, notifySuccess: false })), '08061800');
  // Length of opts; -1 has ten bytes; 300 two; a number of field above 15 has a key of two.
  const opts = { imagesDirFd: -1, pid: 300, leaveRunning: true, root: 'ä', extMnt: [{ key: '/a', val: '/b' }] };
  t.equal(
    hex(encodeMessage(criuRequest, { type: RequestType.dump, opts })),
    `0801 12 1f 08ffffffffffffffffff01 10ac02 1801 6a02c3a4 ba0108 0a022f61 12022f62`.replace(/ /g, ''),
  );
  t.equal(hex(encodeMessage(criuRequest, { opts: { emptyNs: 0x40000000 } })), '1207b0028080808004');
  t.equal(hex(encodeMessage(criuRequest, { opts: { external: [], lsmMountContext: 'c' } })), '1204fa030163');
});

t.test('what was encoded is decoded', async (t) => {
  const request = {
    type: RequestType.restore,
    opts: {
      imagesDirFd: -7,
      logFile: 'a\u0000b€😀',
      ps: { address: '::1', port: 65535 },
      emptyNs: 0xffffffff,
      cgRoot: [
        { ctrl: '', path: '/x' },
        { ctrl: 'cpu', path: '/y' },
      ],
      external: ['net[1]:a', 'pid[2]:b'],
    },
    keepOpen: true,
    features: { memTrack: false },
  };
  t.same(decodeMessage(criuRequest, encodeMessage(criuRequest, request)), request);
});

t.test('a response; fields of a newer criu are skipped', async (t) => {
  const known = '0802 1001 2203 08b960';
  const unknown = 'a806 2a  a106 0102030405060708  ad06 01020304  a206 02 6869';
  const expected = { type: RequestType.restore, success: true, restore: { pid: 12345 } };
  t.same(decodeMessage(criuResponse, bytes(known)), expected);
  t.same(decodeMessage(criuResponse, bytes(unknown + known)), expected);
  t.same(decodeMessage(criuResponse, bytes('38 fbffffffffffffffff01')), { errno: -5 });
  t.same(decodeMessage(criuResponse, bytes('0a0141')), {}, 'a field of another type');
});

t.test('what is cut short is refused', async (t) => {
  for (const text of [
    '08',
    '0880',
    '2205 08b960',
    '4a03 6869',
    'a106 01',
    '0b',
    '08ffffffffffffffffffff',
    '88808080800101',
  ])
    t.throws(() => decodeMessage(criuResponse, bytes(text)), { message: /none of its protocol/ }, text);
});

t.test('UTF-8 is decoded as it is everywhere', async (t) => {
  for (const text of ['', 'plain', 'ä€😀\u0000', '\uffff']) t.equal(decodeUtf8(encodeUtf8(text)), text);
  const decoder = new TextDecoder();
  for (const text of [
    'ff',
    '41ff42',
    'c3',
    'c0af41',
    'eda080',
    'f4908080',
    'f8908080',
    'ff808080',
    'f09f98',
    'e282',
    'e28241',
  ])
    t.equal(
      decodeUtf8(bytes(text)).replace(/\ufffd+/g, '?'),
      decoder.decode(bytes(text)).replace(/\ufffd+/g, '?'),
      text,
    );
});
