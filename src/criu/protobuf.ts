/**
 * As much of Protocol Buffers (protobuf.dev, "Encoding") as criu's RPC needs: varints, strings and messages, encoded
 * and decoded by tables of fields. A library would be many times this size.
 */
import { decodeUtf8, encodeUtf8 } from '../base/bytes.js';
import { TsruncError } from '../base/error.js';

/** Types of fields that aren't messages. Enums are int32 here, as both are encoded as the same varint. */
export type ScalarType = 'int32' | 'uint32' | 'bool' | 'string';

/** A field: its number in the encoding, and its type; for a field that is a message, the type is that message's table. */
export interface FieldDefinition {
  readonly number: number;
  readonly type: ScalarType | MessageDefinition;
  readonly repeated?: true;
}

/** A message: its fields by name. */
export interface MessageDefinition {
  readonly [name: string]: FieldDefinition;
}

interface ScalarValues {
  int32: number;
  uint32: number;
  bool: boolean;
  string: string;
}

type OneValue<T> = T extends ScalarType ? ScalarValues[T] : T extends MessageDefinition ? MessageOf<T> : never;

/** The type of a message's value: an object whose properties are all optional, as fields may be unset. */
export type MessageOf<M extends MessageDefinition> = {
  -readonly [Name in keyof M]?: M[Name] extends { readonly repeated: true }
    ? OneValue<M[Name]['type']>[]
    : OneValue<M[Name]['type']>;
};

type Value = Record<string, unknown>;

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;
/** The greatest number that a field can have, 2^29 - 1, with three bits for its type. */
const LARGEST_KEY = 2 ** 32 - 1;

/** Encodes a message, with the fields in the order of the definition. Undefined fields are left out. */
export function encodeMessage<M extends MessageDefinition>(definition: M, value: MessageOf<M>): Uint8Array {
  const out: number[] = [];
  writeMessage(out, definition, value as Value);
  return Uint8Array.from(out);
}

/**
 * Decodes a message. Fields that the definition doesn't have are skipped, because a newer criu may send more.
 * @throws TsruncError 'system' if the bytes aren't a valid message
 */
export function decodeMessage<M extends MessageDefinition>(definition: M, bytes: Uint8Array): MessageOf<M> {
  return new Reader(bytes).message(definition) as MessageOf<M>;
}

function writeMessage(out: number[], definition: MessageDefinition, value: Value): void {
  for (const name in definition) {
    const field = definition[name]!;
    const given = value[name];
    if (given === undefined) continue;
    for (const one of field.repeated ? (given as unknown[]) : [given]) writeField(out, field, one);
  }
}

function writeField(out: number[], { number, type }: FieldDefinition, value: unknown): void {
  if (type === 'string') writeBytes(out, number, encodeUtf8(value as string));
  else if (typeof type === 'object') {
    const inner: number[] = [];
    writeMessage(inner, type, value as Value);
    writeBytes(out, number, inner);
  } else {
    writeVarint(out, (number << 3) | VARINT);
    writeVarint(out, Number(value));
  }
}

function writeBytes(out: number[], number: number, bytes: ArrayLike<number>): void {
  writeVarint(out, (number << 3) | DELIMITED);
  writeVarint(out, bytes.length);
  for (let i = 0; i < bytes.length; i++) out.push(bytes[i]!);
}

/** Writes a varint. A negative number is encoded with 64 bits, even if its type is int32. */
function writeVarint(out: number[], value: number): void {
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  out.push(Number(rest));
}

class Reader {
  #at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  message(definition: MessageDefinition): Value {
    const names = new Map(Object.entries(definition).map(([name, { number }]) => [number, name]));
    const value: Value = {};
    while (this.#at < this.#bytes.length) {
      const key = Number(this.#varint());
      if (key > LARGEST_KEY) throw broken();
      const name = names.get(key >>> 3);
      const field = name === undefined ? undefined : definition[name]!;
      const expected = field?.type === 'string' || typeof field?.type === 'object' ? DELIMITED : VARINT;
      if (name === undefined || field === undefined || (key & 7) !== expected) this.#skip(key & 7);
      else {
        const one = this.#one(field);
        if (!field.repeated) value[name] = one;
        else if (value[name] === undefined) value[name] = [one];
        else (value[name] as unknown[]).push(one);
      }
    }
    return value;
  }

  #one({ type }: FieldDefinition): unknown {
    if (type === 'string') return decodeUtf8(this.#take());
    if (typeof type === 'object') return new Reader(this.#take()).message(type);
    const number = this.#varint();
    if (type === 'bool') return number !== 0n;
    return Number(type === 'int32' ? BigInt.asIntN(32, number) : BigInt.asUintN(32, number));
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw broken();
  }

  #take(): Uint8Array {
    return this.#advance(Number(this.#varint()));
  }

  #skip(wireType: number): void {
    if (wireType === VARINT) this.#varint();
    else if (wireType === DELIMITED) this.#take();
    else if (wireType === FIXED64) this.#advance(8);
    else if (wireType === FIXED32) this.#advance(4);
    else throw broken();
  }

  #advance(length: number): Uint8Array {
    const from = this.#at;
    if (length > this.#bytes.length - from) throw broken();
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }
}

function broken(): TsruncError {
  return new TsruncError('system', 'criu sent a message that is none of its protocol');
}
