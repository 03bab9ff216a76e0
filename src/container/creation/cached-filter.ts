/**
 * A compiled filter as the cache keeps it: the instructions alone, or, of a profile that restricts, with the names behind them
 * that libseccomp didn't know, so that they are warned of each time. Both are whole instructions of 8 bytes.
 */
import { decodeUtf8, encodeUtf8, joinBytes } from '../../base/bytes.js';

/** Size of an instruction, and of the number behind the names. */
const UNIT = 8;

/** The instructions, then the names (each ends with a NUL, the last with as many as make whole 8 bytes), then the size of those. */
export function packFilter(program: Uint8Array, unknown: readonly string[]): Uint8Array {
  const text = encodeUtf8(unknown.map((name) => `${name}\0`).join(''));
  const names = new Uint8Array(Math.ceil(text.length / UNIT) * UNIT);
  names.set(text);
  const size = new Uint8Array(UNIT);
  new DataView(size.buffer).setUint32(0, names.length, true);
  return joinBytes([program, names, size]);
}

/** What packFilter packed. */
export function unpackFilter(bytes: Uint8Array): { program: Uint8Array; unknown: string[] } {
  const end = bytes.length - UNIT;
  const size = new DataView(bytes.buffer, bytes.byteOffset + end).getUint32(0, true);
  const names = decodeUtf8(bytes.subarray(end - size, end)).split('\0');
  return { program: bytes.slice(0, end - size), unknown: names.filter((name) => name !== '') };
}
