/**
 * The form of a compiled filter in the cache: the instructions; for a profile that restricts calls, followed by the
 * names that libseccomp didn't know, so that each use can warn about them. Every part is a multiple of 8 bytes, the
 * size of an instruction.
 */
import { decodeUtf8, encodeUtf8, joinBytes } from '../../base/bytes.js';

/** Size of an instruction, and of the number that follows the names, in bytes. */
const UNIT = 8;

/**
 * Packs a filter: instructions, names (each ends with a NUL; more NULs pad them to 8 bytes), then the size of the
 * names.
 */
export function packFilter(program: Uint8Array, unknown: readonly string[]): Uint8Array {
  const text = encodeUtf8(unknown.map((name) => `${name}\0`).join(''));
  const names = new Uint8Array(Math.ceil(text.length / UNIT) * UNIT);
  names.set(text);
  const size = new Uint8Array(UNIT);
  new DataView(size.buffer).setUint32(0, names.length, true);
  return joinBytes([program, names, size]);
}

/** Unpacks what packFilter returned. */
export function unpackFilter(bytes: Uint8Array): { program: Uint8Array; unknown: string[] } {
  const end = bytes.length - UNIT;
  const size = new DataView(bytes.buffer, bytes.byteOffset + end).getUint32(0, true);
  const names = decodeUtf8(bytes.subarray(end - size, end)).split('\0');
  return { program: bytes.slice(0, end - size), unknown: names.filter((name) => name !== '') };
}
