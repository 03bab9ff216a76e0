/** What is sent to systemd and criu is read again, and whatever they send is read, or refused by the one error in bounded time and memory. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { TsruncError } from '../../src/base/error.js';
import { criuRequest, criuResponse } from '../../src/criu/messages.js';
import {
  decodeMessage as decodeCriu,
  encodeMessage as encodeCriu,
  type FieldDefinition,
  type MessageDefinition,
  type MessageOf,
} from '../../src/criu/protobuf.js';
import { socketsOf } from '../../src/dbus/address.js';
import { parseGVariant } from '../../src/dbus/gvariant-text.js';
import { Writer } from '../../src/dbus/marshal.js';
import {
  decodeMessage,
  encodeMessage,
  HEADER_SIZE,
  MAX_WANTED,
  type Message,
  messageSize,
} from '../../src/dbus/message.js';
import { type DbusValue, isSingleType, splitSignature } from '../../src/dbus/signature.js';
import { Reader } from '../../src/dbus/unmarshal.js';
import { processorTime } from '../helpers/processor-time.js';
import { holds } from '../helpers/property.js';

/** Text that UTF-8 can hold, without NUL. */
const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((one) => one.replaceAll('\0', ''));

/** A type and a value of it. */
interface Typed {
  readonly type: string;
  readonly value: DbusValue;
}

const basic: Readonly<Record<string, fc.Arbitrary<DbusValue>>> = {
  y: fc.integer({ min: 0, max: 255 }),
  b: fc.boolean(),
  n: fc.integer({ min: -32768, max: 32767 }),
  q: fc.integer({ min: 0, max: 65535 }),
  i: fc.integer(),
  u: fc.integer({ min: 0, max: 0xffffffff }),
  x: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  t: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  d: fc.double({ noNaN: true }),
  s: text,
  o: text,
  g: fc.constantFrom('', 's', 'a{sv}', '(iu)as'),
};

const typeOf = fc.letrec<{ type: string }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...Object.keys(basic)),
    tie('type').map((type) => `a${type}`),
    fc.tuple(fc.constantFrom(...Object.keys(basic)), tie('type')).map(([key, type]) => `a{${key}${type}}`),
    fc.array(tie('type'), { minLength: 1, maxLength: 4 }).map((types) => `(${types.join('')})`),
    fc.constant('v'),
  ),
})).type;

function valuesOf(type: string, depth = 0): fc.Arbitrary<DbusValue> {
  const simple = basic[type];
  if (simple !== undefined) return simple;
  if (type === 'ay') return fc.uint8Array({ maxLength: 6 });
  if (type === 'v') {
    return (depth > 3 ? fc.constantFrom('u', 's') : typeOf).chain((signature) =>
      valuesOf(signature, depth + 1).map((value) => ({ signature, value })),
    );
  }
  if (type.startsWith('a')) return fc.array(valuesOf(type.slice(1), depth + 1), { maxLength: depth > 2 ? 2 : 4 });
  return fc.tuple(...splitSignature(type.slice(1, -1))!.map((one) => valuesOf(one, depth + 1)));
}

const typed: fc.Arbitrary<Typed> = typeOf
  .filter((type) => type.length < 60)
  .chain((type) => valuesOf(type).map((value) => ({ type, value })));
const body = fc.array(typed, { maxLength: 3 }).map((list) => ({
  signature: list.map(({ type }) => type).join(''),
  values: list.map(({ value }) => value),
}));

/** That `read` returns, or throws the error that says the other end sent nonsense. */
function readOrRefuse(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof TsruncError) || error.code !== 'system') throw error;
  }
}

t.test('D-Bus', async (t) => {
  holds(t, 'signatures', 2000, fc.array(typeOf, { maxLength: 4 }), (types) => {
    const signature = types.join('');
    if (signature.length <= 255) deepStrictEqual(splitSignature(signature), types);
  });
  const letters = fc.string({ unit: fc.constantFrom(...'ybnqiuxtdsogva(){}z'), maxLength: 300 });
  holds(t, 'any text as a signature', 4000, letters, (signature) => {
    const types = splitSignature(signature);
    if (types !== undefined) ok(types.join('') === signature && types.every(isSingleType));
  });
  holds(t, 'values', 1500, body, ({ signature, values }) => {
    const writer = new Writer();
    writer.values(signature, values);
    deepStrictEqual(new Reader(writer.data, true).values(signature), values);
  });
  const name = fc.stringMatching(/^[A-Za-z.]{1,10}$/);
  const message: fc.Arbitrary<Message> = fc
    .tuple(
      fc.record({
        type: fc.integer({ min: 1, max: 4 }),
        flags: fc.integer({ min: 0, max: 7 }),
        serial: fc.integer({ min: 1, max: 0xffffffff }),
      }),
      fc.record(
        {
          path: name,
          interface: name,
          member: name,
          errorName: name,
          destination: name,
          sender: name,
          replySerial: fc.nat(),
        },
        { requiredKeys: [] },
      ),
      body,
    )
    .map(([head, named, { signature, values }]) => ({ ...head, ...named, signature, body: values }));
  holds(t, 'messages', 1000, message, (one) => {
    const bytes = encodeMessage(one);
    strictEqual(messageSize(bytes.subarray(0, HEADER_SIZE)), bytes.length);
    deepStrictEqual(decodeMessage(bytes), { ...one });
  });

  const header = Uint8Array.of(0x6c, 1, 0, 1);
  const damaged = fc
    .tuple(message, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat())
    .map(([one, changes, cut]) => {
      const bytes = encodeMessage(one);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      return cut % 3 === 0 ? bytes.slice(0, Math.max(HEADER_SIZE, cut % bytes.length)) : bytes;
    });
  const anything = fc.uint8Array({ minLength: HEADER_SIZE, maxLength: 200 });
  const begun = anything.map((bytes) => {
    bytes.set(header);
    return bytes;
  });
  holds(t, 'any bytes as a message', 6000, fc.oneof(damaged, begun, anything), (bytes) => {
    readOrRefuse(() => messageSize(bytes));
    readOrRefuse(() => decodeMessage(bytes));
  });
  const signature = fc.oneof(typeOf, fc.constantFrom('v', 'a{sv}', 'a(sv)', 'aav', 'a(ssssssouso)'));
  holds(
    t,
    'any bytes as a value',
    4000,
    fc.tuple(signature, fc.uint8Array({ maxLength: 120 }), fc.boolean()),
    ([type, bytes, little]) => {
      readOrRefuse(() => new Reader(bytes, little).values(type));
    },
  );

  t.test('the largest messages take bounded time and memory', async (t) => {
    // An array of what costs most for its bytes.
    for (const type of ['v', 's', 'g', '(((((((((y)))))))))', `${'a'.repeat(32)}y`, 'a{yv}', '(yv)']) {
      for (const byte of [0, 1, 0x79]) {
        const bytes = new Uint8Array(MAX_WANTED).fill(byte);
        new DataView(bytes.buffer).setUint32(0, MAX_WANTED - 8, true);
        if (type === 'v' && byte === 1)
          for (let at = 8; at + 4 <= bytes.length; at += 4) bytes.set([1, 0x79, 0, 7], at);
        const before = process.memoryUsage().heapUsed;
        const time = processorTime(() => readOrRefuse(() => new Reader(bytes, true).values(`a${type}`)));
        const memory = process.memoryUsage().heapUsed - before;
        t.ok(time < 2000 && memory < 64 << 20, `a${type} of ${byte}: ${Math.round(time)} ms, ${memory >> 10} KiB`);
      }
    }
  });
});

t.test('values in annotations', async (t) => {
  const words = [
    '[',
    ']',
    '(',
    ')',
    '{',
    '}',
    '<',
    '>',
    ',',
    ':',
    "'a'",
    '"',
    '\\',
    '\\u0041',
    '\\U00110000',
    '@as ',
    '@',
    'uint64 ',
    'byte ',
  ];
  const more = [
    '1',
    '-1',
    '1.5',
    '1e999',
    '0x',
    '0xff',
    'true',
    'b"x"',
    "b'\\377'",
    'objectpath ',
    '18446744073709551616',
    ' ',
    'nothing',
  ];
  const pieces = fc.array(fc.constantFrom(...words, ...more), { maxLength: 16 }).map((list) => list.join(''));
  holds(
    t,
    'any text is a value that can be sent, or an error of the configuration',
    8000,
    fc.oneof(pieces, fc.string({ unit: 'binary' })),
    (source) => {
      let parsed: ReturnType<typeof parseGVariant>;
      try {
        parsed = parseGVariant(source);
      } catch (error) {
        if (!(error instanceof TsruncError) || error.code !== 'config') throw error;
        return;
      }
      ok(isSingleType(parsed.signature), parsed.signature);
      const writer = new Writer();
      writer.values('v', [parsed]);
      new Reader(writer.data, true).values('v');
    },
  );
  holds(
    t,
    'any text as an address of a bus',
    3000,
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('unix:', 'path=', '/a', '%', '%2f', ',', ';', 'abstract=', '='), { maxLength: 10 })
        .map((list) => list.join('')),
    ),
    (address) => {
      ok(Array.isArray(socketsOf(address)));
    },
  );
});

/** A message of a definition, with any of its fields. */
function messageOf(definition: MessageDefinition): fc.Arbitrary<MessageOf<MessageDefinition>> {
  const one = ({ type }: FieldDefinition): fc.Arbitrary<unknown> => {
    if (typeof type === 'object') return messageOf(type);
    if (type === 'string') return fc.string({ unit: 'grapheme', maxLength: 8 });
    if (type === 'bool') return fc.boolean();
    return type === 'int32' ? fc.integer() : fc.integer({ min: 0, max: 0xffffffff });
  };
  const fields = Object.entries(definition).map(([name, field]) => {
    const value = field.repeated ? fc.array(one(field), { minLength: 1, maxLength: 3 }) : one(field);
    return [name, value] as const;
  });
  return fc.record(Object.fromEntries(fields), { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<
    MessageOf<MessageDefinition>
  >;
}

t.test('criu', async (t) => {
  for (const [name, definition] of Object.entries({ criuRequest, criuResponse })) {
    holds(t, `${name} is read as it is written`, 500, messageOf(definition), (message) => {
      deepStrictEqual(
        { ...decodeCriu<MessageDefinition>(definition, encodeCriu<MessageDefinition>(definition, message)) },
        { ...message },
      );
    });
    const damaged = fc
      .tuple(messageOf(definition), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }))
      .map(([message, changes]) => {
        const bytes = encodeCriu<MessageDefinition>(definition, message);
        for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        return bytes;
      });
    holds(t, `any bytes as ${name}`, 4000, fc.oneof(damaged, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      readOrRefuse(() => decodeCriu<MessageDefinition>(definition, bytes));
    });
  }
  t.test('the largest packet takes bounded time', async (t) => {
    // opts with nothing but empty entries of a list.
    const inner = new Uint8Array(256 << 10);
    for (let at = 0; at + 3 <= inner.length; at += 3) inner.set([0xaa, 0x02, 0], at);
    const length = inner.length - (inner.length % 3);
    const head = [0x12, (length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14];
    const bytes = new Uint8Array(head.length + length);
    bytes.set(head);
    bytes.set(inner.subarray(0, length), head.length);
    const time = processorTime(() => readOrRefuse(() => decodeCriu(criuRequest, bytes)));
    t.ok(time < 2000, `${Math.round(time)} ms`);
  });
});
