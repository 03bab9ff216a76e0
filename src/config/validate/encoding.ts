/** Reads the bytes of a file as UTF-8, and says in words what they are when they aren't. */
import type { Position } from '../../base/error.js';
import { positionAt } from '../json/json-text.js';

/** A file's text, or why it has none. */
export interface Decoded {
  readonly text: string;
  /** Why the file can't be JSON in UTF-8 at all. */
  readonly refused?: string;
  /** The first byte that is not UTF-8, its place, and how many there are. Each has become one U+FFFD in text. */
  readonly invalid?: { readonly byte: number; readonly position: Position; readonly count: number };
}

const must = 'must be UTF-8, without a byte order mark';

/** Other encodings, by the bytes that a file begins with; JSON begins with two characters of ASCII. */
const others: readonly (readonly [name: string, begins: (bytes: Uint8Array) => boolean])[] = [
  ['UTF-32 (little-endian, with a byte order mark)', (b) => starts(b, 0xff, 0xfe, 0, 0)],
  ['UTF-32 (big-endian, with a byte order mark)', (b) => starts(b, 0, 0, 0xfe, 0xff)],
  ['UTF-16 (little-endian, with a byte order mark)', (b) => starts(b, 0xff, 0xfe)],
  ['UTF-16 (big-endian, with a byte order mark)', (b) => starts(b, 0xfe, 0xff)],
  ['UTF-32 (big-endian)', (b) => b.length > 3 && b[0] === 0 && b[1] === 0 && b[2] === 0 && b[3] !== 0],
  ['UTF-32 (little-endian)', (b) => b.length > 3 && b[0] !== 0 && b[1] === 0 && b[2] === 0 && b[3] === 0],
  ['UTF-16 (big-endian)', (b) => b.length > 3 && b[0] === 0 && b[1] !== 0 && b[2] === 0 && b[3] !== 0],
  ['UTF-16 (little-endian)', (b) => b.length > 3 && b[0] !== 0 && b[1] === 0 && b[2] !== 0 && b[3] === 0],
];

function starts(bytes: Uint8Array, ...head: number[]): boolean {
  return bytes.length >= head.length && head.every((byte, at) => bytes[at] === byte);
}

/** The text of a file. A mark of UTF-8 at its beginning is left in it, for the parser to refuse. */
export function decode(bytes: Uint8Array): Decoded {
  const other = others.find(([, begins]) => begins(bytes));
  if (other !== undefined) return { text: '', refused: `is ${other[0]}; ${must}` };
  if (starts(bytes, 0x1f, 0x8b)) return { text: '', refused: `is compressed by gzip; ${must}` };
  const parts: string[] = [];
  let plain = 0;
  let first: { byte: number; offset: number } | undefined;
  let count = 0;
  let length = 0;
  const push = (part: string): void => {
    parts.push(part);
    length += part.length;
  };
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at]! < 0x80) {
      at++;
      if (at - plain < 8192 && at < bytes.length) continue;
    }
    if (at > plain) push(String.fromCharCode(...bytes.subarray(plain, at)));
    plain = at;
    if (at >= bytes.length || bytes[at]! < 0x80) continue;
    const size = sequenceAt(bytes, at);
    if (size === 0) {
      first ??= { byte: bytes[at]!, offset: length };
      count++;
      push('\ufffd');
      at++;
    } else {
      push(String.fromCodePoint(pointAt(bytes, at, size)));
      at += size;
    }
    plain = at;
  }
  const text = parts.join('');
  if (first === undefined) return { text };
  return { text, invalid: { byte: first.byte, position: positionAt(text, first.offset), count } };
}

/** How many bytes the character of more than one byte has that begins here; 0 when it is none (RFC 3629). */
function sequenceAt(bytes: Uint8Array, at: number): number {
  const head = bytes[at]!;
  const size = head >= 0xf0 && head <= 0xf4 ? 4 : head >= 0xe0 && head < 0xf0 ? 3 : head >= 0xc2 && head < 0xe0 ? 2 : 0;
  if (size === 0 || at + size > bytes.length) return 0;
  for (let i = 1; i < size; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  const point = pointAt(bytes, at, size);
  const least = size === 3 ? 0x800 : size === 4 ? 0x10000 : 0x80;
  return point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ? 0 : size;
}

function pointAt(bytes: Uint8Array, at: number, size: number): number {
  let point = bytes[at]! & (0x7f >> size);
  for (let i = 1; i < size; i++) point = (point << 6) | (bytes[at + i]! & 0x3f);
  return point;
}

/** Half of a surrogate pair without its other half. */
export const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
