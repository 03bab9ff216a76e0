/** Encodes and decodes D-Bus messages (D-Bus specification, "Message Protocol"). */

import { Writer } from './marshal.js';
import type { DbusValue, Variant } from './signature.js';
import { damaged, Reader } from './unmarshal.js';

/** The numbers of the message types. */
export const MessageType = { call: 1, reply: 2, error: 3, signal: 4 } as const;

/** A message; the fields from `path` to `sender` are header fields. */
export interface Message {
  type: number;
  flags: number;
  serial: number;
  path?: string;
  interface?: string;
  member?: string;
  errorName?: string;
  replySerial?: number;
  destination?: string;
  sender?: string;
  /** D-Bus types of the values in `body`, '' for none. */
  signature: string;
  body: readonly DbusValue[];
}

/** Size of the fixed part of a message in bytes; it ends with the length of the header fields. */
export const HEADER_SIZE = 16;
/** The largest message that the specification allows. */
const MAX_SIZE = 1 << 27;
/** Larger messages are skipped: nothing that this client asks for comes near this size. */
export const MAX_WANTED = 1 << 16;
const LITTLE = 0x6c;
const BIG = 0x42;

/** Header fields: number, D-Bus type, and name in Message. */
const fields = [
  [1, 'o', 'path'],
  [2, 's', 'interface'],
  [3, 's', 'member'],
  [4, 's', 'errorName'],
  [5, 'u', 'replySerial'],
  [6, 's', 'destination'],
  [7, 's', 'sender'],
  [8, 'g', 'signature'],
] as const;

/** Encodes a message, in little-endian order. Throws 'internal' if the body doesn't have the types of its signature. */
export function encodeMessage(message: Message): Uint8Array {
  const body = new Writer();
  body.values(message.signature, message.body);
  const data = body.data;
  const entries: [number, Variant][] = [];
  for (const [code, signature, name] of fields) {
    const value = message[name];
    if (value !== undefined && value !== '') entries.push([code, { signature, value }]);
  }
  const writer = new Writer();
  const { type, flags, serial } = message;
  writer.values('yyyyuua(yv)', [LITTLE, type, flags, 1, data.length, serial, entries]);
  writer.align(8);
  writer.raw(data);
  return writer.data;
}

/**
 * The size in bytes of a whole message.
 * @param header the first bytes of the message, at least HEADER_SIZE
 * @throws TsruncError 'system' if they aren't the beginning of a message, or it would be larger than allowed
 */
export function messageSize(header: Uint8Array): number {
  const little = isLittle(header);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const body = view.getUint32(4, little);
  const list = view.getUint32(12, little);
  const size = Math.ceil((HEADER_SIZE + list) / 8) * 8 + body;
  if (size > MAX_SIZE) throw damaged(`it has ${body} and ${list} bytes`);
  return size;
}

/**
 * Decodes a message.
 * @param bytes exactly messageSize() of them
 * @throws TsruncError 'system' if they aren't a valid message
 */
export function decodeMessage(bytes: Uint8Array): Message {
  const reader = new Reader(bytes, isLittle(bytes));
  const [, type, flags, , , serial, list] = reader.values('yyyyuua(yv)') as [
    number,
    number,
    number,
    number,
    number,
    number,
    [number, Variant][],
  ];
  const message: Message = { type, flags, serial, signature: '', body: [] };
  for (const [code, { signature, value }] of list) {
    const field = fields.find(([number]) => number === code);
    // The specification says to ignore unknown fields: later versions of the protocol may add some.
    if (field === undefined) continue;
    if (field[1] !== signature) throw damaged(`header field ${code} of the type ${signature}`);
    Object.assign(message, { [field[2]]: value });
  }
  reader.align(8);
  message.body = reader.values(message.signature);
  return message;
}

/**
 * True for a reply or an error.
 * @param header the first bytes of the message
 */
export function isAnswer(header: Uint8Array): boolean {
  return header[1] === MessageType.reply || header[1] === MessageType.error;
}

function isLittle(bytes: Uint8Array): boolean {
  const order = bytes[0];
  if ((order !== LITTLE && order !== BIG) || bytes[3] !== 1) throw damaged('it does not begin like one');
  return order === LITTLE;
}
