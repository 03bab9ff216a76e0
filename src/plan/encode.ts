import { encodeUtf8, utf8Length } from '../bytes.js';
import { TsruncError } from '../error.js';
import { type Step, stepKinds } from './generated/steps.js';
import { type FieldType, LAYOUT } from './step-table.js';

const MAGIC = 0x50525354;
const align = (size: number): number => (size + 7) & ~7;

type Value = number | bigint | string | Uint8Array | readonly string[];

function fieldSize(type: FieldType, value: Value): number {
  switch (type) {
    case 'str':
      return align(4 + utf8Length(value as string) + 1);
    case 'bytes':
      return align(8 + (value as Uint8Array).length);
    case 'strs':
      return (value as readonly string[]).reduce((size, text) => size + fieldSize('str', text), 8);
    default:
      return 8;
  }
}

/** Writes one field at offset `at`; returns the offset after it. */
function writeField(view: DataView, out: Uint8Array, at: number, type: FieldType, value: Value): number {
  switch (type) {
    case 'u32':
    case 'slot':
      view.setUint32(at, value as number, true);
      break;
    case 'i32':
      view.setInt32(at, value as number, true);
      break;
    case 'u64':
      view.setBigUint64(at, value as bigint, true);
      break;
    case 'i64':
      view.setBigInt64(at, value as bigint, true);
      break;
    case 'str': {
      const text = value as string;
      if (text.includes('\0'))
        throw new TsruncError('internal', `a string of the plan holds a NUL: ${JSON.stringify(text)}`);
      const bytes = encodeUtf8(text);
      view.setUint32(at, bytes.length, true);
      out.set(bytes, at + 4);
      break;
    }
    case 'bytes':
      view.setUint32(at, (value as Uint8Array).length, true);
      out.set(value as Uint8Array, at + 8);
      break;
    case 'strs': {
      const texts = value as readonly string[];
      view.setUint32(at, texts.length, true);
      let next = at + 8;
      for (const text of texts) next = writeField(view, out, next, 'str', text);
      return next;
    }
  }
  return at + fieldSize(type, value);
}

/**
 * The wire form of a plan's steps; src/plan/step-table.ts describes it.
 * @throws TsruncError 'internal' for a string that holds a NUL: validation has refused those before.
 */
export function encodeSteps(steps: readonly Step[]): Uint8Array {
  const layouts = steps.map((step) => {
    const { kind, fields } = stepKinds[step.step];
    const given: Readonly<Record<string, Value>> = step;
    const values = fields.map(([name, type]) => ({ type, value: given[name]! }));
    return { kind, values, size: values.reduce((size, { type, value }) => size + fieldSize(type, value), 8) };
  });
  const total = layouts.reduce((size, layout) => size + layout.size, 16);
  const out = new Uint8Array(total);
  const view = new DataView(out.buffer);
  [MAGIC, LAYOUT, total, steps.length].forEach((word, i) => {
    view.setUint32(i * 4, word, true);
  });
  let at = 16;
  for (const { kind, values, size } of layouts) {
    view.setUint32(at, kind, true);
    view.setUint32(at + 4, size, true);
    at += 8;
    for (const { type, value } of values) at = writeField(view, out, at, type, value);
  }
  return out;
}
