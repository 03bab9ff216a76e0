/** D-Bus messages (D-Bus specification, "Message Protocol"). */

import { Writer } from './marshal.js';
import type { DbusValue, Variant } from './signature.js';
import { damaged, Reader } from './unmarshal.js';

export const MessageType = { call: 1, reply: 2, error: 3, signal: 4 } as const;

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
  /** Type of the body, '' for none. */
  signature: string;
  body: readonly DbusValue[];
}

/** Bytes of the fixed part: up to the length of the list of header fields, that included. */
export const HEADER_SIZE = 16;
/** The specification allows no more. */
const MAX_SIZE = 1 << 27;
/** Nothing that this client asks for comes near this. */
export const MAX_WANTED = 1 << 16;
const LITTLE = 0x6c;
const BIG = 0x42;

/** Header fields by their number, with the type each has. */
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

/** The bytes of a message. */
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
 * Size of the message that begins with these bytes, HEADER_SIZE of them at least.
 * @throws TsruncError 'system' for what is no message
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

/** The message in these bytes, exactly messageSize() of them. Throws 'system' for what is none. */
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
    // Fields that a later version of the protocol has are to be left out.
    if (field === undefined) continue;
    if (field[1] !== signature) throw damaged(`header field ${code} of the type ${signature}`);
    Object.assign(message, { [field[2]]: value });
  }
  reader.align(8);
  message.body = reader.values(message.signature);
  return message;
}

/** True for a reply or an error, by the bytes that a message begins with. */
export function isAnswer(header: Uint8Array): boolean {
  return header[1] === MessageType.reply || header[1] === MessageType.error;
}

function isLittle(bytes: Uint8Array): boolean {
  const order = bytes[0];
  if ((order !== LITTLE && order !== BIG) || bytes[3] !== 1) throw damaged('it does not begin like one');
  return order === LITTLE;
}
