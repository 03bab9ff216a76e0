/** Marshals values into D-Bus's binary format (D-Bus specification, "Marshaling"). */
import { encodeUtf8 } from '../base/bytes.js';
import { TsruncError } from '../base/error.js';
import { alignmentOf, type DbusValue, splitSignature, type Variant } from './signature.js';

/** The longest array that is allowed, in bytes (D-Bus specification, "Marshaling"). */
const MAX_ARRAY = 1 << 26;

/** A growing buffer that values are written to in D-Bus's format, in little-endian order. */
export class Writer {
  private bytes = new Uint8Array(1024);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  /** A copy of the bytes written so far. */
  get data(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  /** The number of bytes written so far. */
  get offset(): number {
    return this.length;
  }

  /** Writes zeros up to the next multiple of `alignment`. */
  align(alignment: number): void {
    this.length = this.reserve(Math.ceil(this.length / alignment) * alignment - this.length);
  }

  /** Writes one value for each type of the signature. Throws 'internal' for a value that doesn't have its type. */
  values(signature: string, values: readonly DbusValue[]): void {
    const types = splitSignature(signature);
    if (types === undefined || types.length !== values.length) throw mismatch(signature, values);
    types.forEach((type, i) => {
      this.value(type, values[i]!);
    });
  }

  /** Overwrites a u32 that was written before. */
  patch(offset: number, value: number): void {
    this.view.setUint32(offset, value, true);
  }

  private value(type: string, value: DbusValue): void {
    this.align(alignmentOf(type));
    switch (type.charAt(0)) {
      case 's':
      case 'o':
        this.text(type, value);
        break;
      case 'g':
        this.signature(value as string);
        break;
      case 'v': {
        const { signature, value: inner } = value as Variant;
        this.signature(signature);
        this.value(signature, inner);
        break;
      }
      case 'a':
        this.array(type, value);
        break;
      case '(':
      case '{':
        this.values(type.slice(1, -1), value as readonly DbusValue[]);
        break;
      case 'b':
        if (typeof value !== 'boolean') throw mismatch(type, value);
        this.number('u', value ? 1 : 0);
        break;
      default:
        this.number(type, value);
        break;
    }
  }

  private number(type: string, value: DbusValue): void {
    const at = this.length;
    if (type === 'x' || type === 't') {
      if (typeof value !== 'bigint') throw mismatch(type, value);
      this.length = this.reserve(8);
      this.view.setBigUint64(at, BigInt.asUintN(64, value), true);
      return;
    }
    if (typeof value !== 'number') throw mismatch(type, value);
    this.length = this.reserve(alignmentOf(type));
    if (type === 'y') this.view.setUint8(at, value);
    else if (type === 'n' || type === 'q') this.view.setUint16(at, value & 0xffff, true);
    else if (type === 'd') this.view.setFloat64(at, value, true);
    else this.view.setUint32(at, value >>> 0, true);
  }

  private text(type: string, value: DbusValue): void {
    if (typeof value !== 'string' || value.includes('\0')) throw mismatch(type, value);
    const bytes = encodeUtf8(value);
    this.number('u', bytes.length);
    this.raw(bytes);
    this.raw(new Uint8Array(1));
  }

  /** Writes a signature: like a string, but with a length of one byte. */
  private signature(value: string): void {
    this.number('y', value.length);
    this.raw(encodeUtf8(`${value}\0`));
  }

  private array(type: string, value: DbusValue): void {
    const item = type.slice(1);
    const at = this.length;
    this.number('u', 0);
    // The padding before the first item doesn't count towards the length, and is written even if there are no items.
    this.align(alignmentOf(item));
    const start = this.length;
    if (value instanceof Uint8Array) {
      if (item !== 'y') throw mismatch(type, value);
      this.raw(value);
    } else {
      if (!Array.isArray(value)) throw mismatch(type, value);
      for (const one of value as readonly DbusValue[]) this.value(item, one);
    }
    if (this.length - start > MAX_ARRAY) throw mismatch(type, 'a list that is too long');
    this.patch(at, this.length - start);
  }

  /** Writes bytes unchanged, without a length. */
  raw(bytes: Uint8Array): void {
    const at = this.length;
    this.length = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
  }

  /** Makes room for `count` more bytes, which are zero, and returns the length including them. */
  private reserve(count: number): number {
    const end = this.length + count;
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    return end;
  }
}

function mismatch(type: string, value: unknown): TsruncError {
  return new TsruncError('internal', `D-Bus: ${typeof value} for the type ${type}`);
}
