/** Protocol buffers' wire format, as far as the messages of the table need it. */
import { type Fields, messages } from './messages.js';

export type Value = string | number | boolean | Value[] | { [name: string]: Value };
export type Message = { [name: string]: Value };

const VARINT = 0;
const I64 = 1;
const LEN = 2;
const I32 = 5;

const mapEntry: Fields = { key: [1, 'string'], value: [2, 'string'] };

function fieldsOf(kind: string): Fields {
  const fields = messages[kind];
  if (fields === undefined) throw new Error(`${kind}: not in the table of messages`);
  return fields;
}

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

function encodeField(number: number, kind: string, value: Value): Buffer[] {
  if (kind === '{}') {
    return Object.entries(value as Record<string, string>).flatMap(([key, text]) =>
      delimited(number, encodeFields(mapEntry, { key, value: text }, 'map')),
    );
  }
  if (kind.startsWith('[]')) {
    return (value as Value[]).flatMap((one) => encodeField(number, kind.slice(2), one));
  }
  if (kind === 'int' || kind === 'bool') return [varint((number << 3) | VARINT), varint(Number(value))];
  if (kind === 'string') return delimited(number, Buffer.from(value as string));
  return delimited(number, encodeFields(fieldsOf(kind), value as Message, kind));
}

function delimited(number: number, bytes: Buffer): Buffer[] {
  return [varint((number << 3) | LEN), varint(bytes.length), bytes];
}

function encodeFields(fields: Fields, message: Message, kind: string): Buffer {
  const parts = Object.entries(message).flatMap(([name, value]) => {
    const field = fields[name];
    if (field === undefined) throw new Error(`${kind}.${name}: not in the table of messages`);
    return encodeField(field[0], field[1], value);
  });
  return Buffer.concat(parts);
}

/** @returns the bytes of a message. Throws on a name that the table doesn't have. */
export function encode(kind: string, message: Message): Buffer {
  return encodeFields(fieldsOf(kind), message, kind);
}

class Reader {
  at = 0;
  constructor(readonly bytes: Buffer) {}

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error('the message ends within a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  take(length: number): Buffer {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** A field's bytes, or its number. */
  value(wireType: number): Buffer | bigint {
    if (wireType === VARINT) return this.varint();
    if (wireType === LEN) return this.take(Number(this.varint()));
    if (wireType === I64) return this.take(8);
    if (wireType === I32) return this.take(4);
    throw new Error(`wire type ${wireType} is not known`);
  }
}

function decodeValue(kind: string, raw: Buffer | bigint): Value {
  if (typeof raw === 'bigint') return kind === 'bool' ? raw !== 0n : Number(BigInt.asIntN(64, raw));
  if (kind === 'string') return raw.toString();
  return decodeFields(fieldsOf(kind), raw);
}

function decodeFields(fields: Fields, bytes: Buffer): Message {
  const names = new Map(Object.entries(fields).map(([name, [number, kind]]) => [number, { name, kind }]));
  const message: Message = {};
  const reader = new Reader(bytes);
  while (reader.at < bytes.length) {
    const tag = Number(reader.varint());
    const raw = reader.value(tag & 7);
    const field = names.get(tag >> 3);
    if (field === undefined) continue;
    const { name, kind } = field;
    if (kind === '{}') {
      const entry = decodeFields(mapEntry, raw as Buffer);
      message[name] = { ...(message[name] as Message | undefined), [String(entry.key)]: entry.value ?? '' };
    } else if (kind.startsWith('[]')) {
      message[name] = [...((message[name] as Value[] | undefined) ?? []), decodeValue(kind.slice(2), raw)];
    } else {
      message[name] = decodeValue(kind, raw);
    }
  }
  return message;
}

/** @returns the message; fields that aren't in the table, or have their default, are left out. */
export function decode(kind: string, bytes: Buffer): Message {
  return decodeFields(fieldsOf(kind), bytes);
}
