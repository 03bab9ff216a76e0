import { encodeUtf8 } from '../bytes.js';
import { TsruncError } from '../error.js';
import { type Step, stepKinds } from './generated/steps.js';
import { type FieldType, LAYOUT } from './step-table.js';

const MAGIC = 0x50525354;
const HEADER = 16;

type Value = number | bigint | string | Uint8Array | readonly string[];

/** Bytes that grow as they are written; every item begins at a multiple of 8. */
class Writer {
  private bytes = new Uint8Array(16384);
  at = 0;

  result(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }

  u32(value: number): void {
    this.reserve(4);
    this.put32(this.at, value);
    this.at += 4;
  }

  /** Sets four bytes that were written before. */
  put32(at: number, value: number): void {
    const { bytes } = this;
    bytes[at] = value;
    bytes[at + 1] = value >> 8;
    bytes[at + 2] = value >> 16;
    bytes[at + 3] = value >> 24;
  }

  u64(value: bigint): void {
    this.u32(Number(value & 0xffffffffn));
    this.u32(Number((value >> 32n) & 0xffffffffn));
  }

  data(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
    this.align();
  }

  /** Length, UTF-8, NUL. */
  text(value: string): void {
    if (value.includes('\0'))
      throw new TsruncError('internal', `a string of the plan holds a NUL: ${JSON.stringify(value)}`);
    const { length } = value;
    this.reserve(4 + length + 1);
    const { bytes } = this;
    const start = this.at + 4;
    // What most strings are: one byte a character.
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) {
        bytes.fill(0, start, start + i);
        this.otherText(value);
        return;
      }
      bytes[start + i] = unit;
    }
    this.put32(this.at, length);
    this.at = start + length + 1;
    this.align();
  }

  private otherText(value: string): void {
    const text = encodeUtf8(value);
    this.reserve(4 + text.length + 1);
    this.put32(this.at, text.length);
    this.bytes.set(text, this.at + 4);
    this.at += 4 + text.length + 1;
    this.align();
  }

  /** The bytes passed over are zero: nothing was written behind `at` before. */
  private align(): void {
    this.at = (this.at + 7) & ~7;
  }

  private reserve(size: number): void {
    const wanted = this.at + size + 8;
    if (wanted <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(wanted, this.bytes.length * 2));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

function writeField(out: Writer, type: FieldType, value: Value): void {
  switch (type) {
    case 'u32':
    case 'slot':
    case 'i32':
      out.u32(value as number);
      out.u32(0);
      break;
    case 'u64':
    case 'i64':
      out.u64(value as bigint);
      break;
    case 'str':
      out.text(value as string);
      break;
    case 'bytes':
      out.u32((value as Uint8Array).length);
      out.u32(0);
      out.data(value as Uint8Array);
      break;
    case 'strs': {
      const texts = value as readonly string[];
      out.u32(texts.length);
      out.u32(0);
      for (const text of texts) out.text(text);
    }
  }
}

/**
 * The wire form of a plan's steps; src/plan/step-table.ts describes it. One pass: it stands between the spawn of init and
 * its first step.
 * @throws TsruncError 'internal' for a string that holds a NUL: validation has refused those before.
 */
export function encodeSteps(steps: readonly Step[]): Uint8Array {
  const out = new Writer();
  for (const word of [MAGIC, LAYOUT, 0, steps.length]) out.u32(word);
  for (const step of steps) {
    const { kind, fields } = stepKinds[step.step];
    const start = out.at;
    out.u32(kind);
    out.u32(0);
    const values = step as unknown as Record<string, Value>;
    for (const [name, type] of fields) writeField(out, type, values[name] as Value);
    out.put32(start + 4, out.at - start);
  }
  out.put32(HEADER / 2, out.at);
  return out.result();
}
