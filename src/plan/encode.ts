import { encodeUtf8 } from '../bytes.js';
import { TsruncError } from '../error.js';
import { type Step, stepKinds } from './generated/steps.js';
import { type FieldType, LAYOUT } from './step-table.js';

const MAGIC = 0x50525354;
const HEADER = 16;

type Value = number | bigint | string | Uint8Array | readonly string[];

/** A piece of a plan: bytes, or a string of which each character is a byte. */
export type PlanPart = string | Uint8Array;

/** Up to here bytes go into the string before them. */
const SHORT = 128;

const byteText = (...bytes: number[]): string => String.fromCharCode(...bytes);

/** Four bytes, little endian. */
function word(value: number): string {
  return byteText(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff);
}

const ZEROS = '\0\0\0\0\0\0\0\0';
const SMALL = 256;
/** The words of small numbers, as most are. */
const smallWords = Array.from({ length: SMALL }, (_, value) => word(value));
const wordOf = (value: number): string => (value >= 0 && value < SMALL ? (smallWords[value] as string) : word(value));
/** Zeros from a length to the next multiple of 8. */
const padding = (length: number): string => ZEROS.slice(0, -length & 7);

/** What most strings are: a character is a byte. */
const ascii = /^[ -~]*$/;

/** Length, UTF-8, NUL. */
function textOf(value: string): string {
  let text = value;
  if (!ascii.test(value)) {
    if (value.includes('\0'))
      throw new TsruncError('internal', `a string of the plan holds a NUL: ${JSON.stringify(value)}`);
    text = '';
    for (const byte of encodeUtf8(value)) text += byteText(byte);
  }
  return `${wordOf(text.length)}${text}\0${padding(text.length + 5)}`;
}

function fieldText(type: Exclude<FieldType, 'bytes'>, value: Value): string {
  switch (type) {
    case 'u32':
    case 'slot':
    case 'i32':
      return wordOf(value as number) + (smallWords[0] as string);
    case 'u64':
    case 'i64': {
      const bits = value as bigint;
      return wordOf(Number(bits & 0xffffffffn)) + wordOf(Number((bits >> 32n) & 0xffffffffn));
    }
    case 'str':
      return textOf(value as string);
    case 'strs': {
      const texts = value as readonly string[];
      let all = wordOf(texts.length) + (smallWords[0] as string);
      for (const text of texts) all += textOf(text);
      return all;
    }
  }
}

/** A step, its strings joined as far as no bytes stand between them. */
function stepParts(step: Step): PlanPart[] {
  const { kind, fields } = stepKinds[step.step];
  const values = step as unknown as Record<string, Value>;
  const parts: PlanPart[] = [];
  let size = 8;
  let text = '';
  for (const [name, type] of fields) {
    const value = values[name] as Value;
    if (type !== 'bytes') text += fieldText(type, value);
    else {
      const bytes = value as Uint8Array;
      text += wordOf(bytes.length) + wordOf(0);
      if (bytes.length <= SHORT) text += byteText(...bytes);
      else {
        parts.push(text, bytes);
        size += text.length + bytes.length;
        text = '';
      }
      text += padding(bytes.length);
    }
  }
  size += text.length;
  const head = wordOf(kind) + wordOf(size);
  if (parts.length === 0) return [head + text];
  parts[0] = head + (parts[0] as string);
  parts.push(text);
  return parts;
}

/**
 * The wire form of a plan's steps, piece by piece; src/plan/step-table.ts describes it. Strings are put together and not
 * bytes, one at a time: QuickJS takes some 100 ns for each byte stored, and this stands between the spawn of init and its
 * first step.
 * @throws TsruncError 'internal' for a string that holds a NUL: validation has refused those before.
 */
export function encodeParts(steps: readonly Step[]): PlanPart[] {
  const parts: PlanPart[] = [];
  // Joined at once: a string that grows leaves a copy of itself behind at every step.
  let texts: string[] = [];
  let size = HEADER;
  for (const step of steps) {
    for (const part of stepParts(step)) {
      size += part.length;
      if (typeof part === 'string') texts.push(part);
      else {
        parts.push(texts.join(''), part);
        texts = [];
      }
    }
  }
  parts.push(texts.join(''));
  const head = wordOf(MAGIC) + wordOf(LAYOUT) + wordOf(size) + wordOf(steps.length);
  parts[0] = head + (parts[0] as string);
  return parts;
}

/** The same as one array of bytes. */
export function encodeSteps(steps: readonly Step[]): Uint8Array {
  const parts = encodeParts(steps);
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    if (typeof part !== 'string') out.set(part, at);
    else for (let i = 0; i < part.length; i++) out[at + i] = part.charCodeAt(i);
    at += part.length;
  }
  return out;
}
