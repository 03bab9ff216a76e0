/** Unmarshals values from D-Bus's binary format (D-Bus specification, "Marshaling"). */
import { decodeUtf8 } from '../base/bytes.js';
import { TsruncError } from '../base/error.js';
import { alignmentOf, type DbusValue, isSingleType, MAX_DEPTH, splitSignature } from './signature.js';

/** Reads values from a message, and checks every length in it before use. */
export class Reader {
  private readonly view: DataView;

  /**
   * @param bytes the whole message: alignment counts from its start
   * @param little whether the byte order is little-endian
   * @param at offset to start at
   * @param end offset to stop at
   */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly little: boolean,
    private at = 0,
    private end = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads one value for each type of the signature. Throws 'system' if the bytes don't hold them. */
  values(signature: string): DbusValue[] {
    const types = splitSignature(signature);
    if (types === undefined) throw damaged(`signature ${JSON.stringify(signature)}`);
    return types.map((type) => this.value(type, 0));
  }

  /** Skips the padding up to the next multiple of `alignment`. Throws 'system' if the message ends before. */
  align(alignment: number): void {
    this.at = Math.ceil(this.at / alignment) * alignment;
    if (this.at > this.end) throw damaged('it ends too early');
  }

  /** The offset of the next byte to be read. */
  get offset(): number {
    return this.at;
  }

  private value(type: string, depth: number): DbusValue {
    if (depth > MAX_DEPTH) throw damaged('it is nested too deeply');
    this.align(alignmentOf(type));
    switch (type.charAt(0)) {
      case 's':
      case 'o':
        return this.text(this.word());
      case 'g':
        return this.text(this.byte());
      case 'v': {
        const signature = this.text(this.byte());
        if (!isSingleType(signature)) throw damaged(`a value of the type ${JSON.stringify(signature)}`);
        return { signature, value: this.value(signature, depth + 1) };
      }
      case 'a':
        return this.array(type.slice(1), depth);
      case '(':
      case '{': {
        const types = splitSignature(type.slice(1, -1));
        if (types === undefined) throw damaged(`the type ${type}`);
        return types.map((one) => this.value(one, depth + 1));
      }
      case 'b': {
        const number = this.word();
        if (number > 1) throw damaged(`a boolean of ${number}`);
        return number === 1;
      }
      default:
        return this.number(type);
    }
  }

  private array(item: string, depth: number): DbusValue {
    const length = this.word();
    this.align(alignmentOf(item));
    if (length > this.end - this.at) throw damaged(`a list of ${length} bytes`);
    const stop = this.at + length;
    if (item === 'y') return this.take(length).slice();
    const outer = this.end;
    this.end = stop;
    const values: DbusValue[] = [];
    // This ends because a value of any type takes at least one byte.
    while (this.at < stop) values.push(this.value(item, depth + 1));
    this.end = outer;
    return values;
  }

  private number(type: string): number | bigint {
    const at = this.skip(alignmentOf(type));
    switch (type) {
      case 'y':
        return this.view.getUint8(at);
      case 'n':
        return this.view.getInt16(at, this.little);
      case 'q':
        return this.view.getUint16(at, this.little);
      case 'i':
        return this.view.getInt32(at, this.little);
      case 'u':
        return this.view.getUint32(at, this.little);
      case 'x':
        return this.view.getBigInt64(at, this.little);
      case 't':
        return this.view.getBigUint64(at, this.little);
      default:
        return this.view.getFloat64(at, this.little);
    }
  }

  private byte(): number {
    return this.view.getUint8(this.skip(1));
  }

  private word(): number {
    return this.view.getUint32(this.skip(4), this.little);
  }

  private text(length: number): string {
    const text = decodeUtf8(this.take(length));
    if (this.byte() !== 0) throw damaged('a text without its end');
    return text;
  }

  private take(length: number): Uint8Array {
    const at = this.skip(length);
    return this.bytes.subarray(at, at + length);
  }

  private skip(count: number): number {
    const at = this.at;
    if (count > this.end - at) throw damaged('it ends too early');
    this.at = at + count;
    return at;
  }
}

/** The error for bytes from the other end that aren't valid D-Bus; `what` says what is wrong. */
export function damaged(what: string): TsruncError {
  return new TsruncError('system', `D-Bus: a message makes no sense: ${what}`);
}
