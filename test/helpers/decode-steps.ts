/** Decodes a plan by the table of steps, for tests: the other way round from src/plan/steps/encode.ts. */
import { decodeUtf8 } from '../../src/base/bytes.js';
import type { Step } from '../../src/plan/steps/generated/steps.js';
import { type FieldType, LAYOUT, MAGIC, stepTable } from '../../src/plan/steps/step-table.js';

const headerSize = 24;
const aligned = (offset: number): number => (offset + 7) & ~7;

/** The steps of a plan. Throws for bytes that are none. */
export function decodeSteps(plan: Uint8Array): Step[] {
  const view = new DataView(plan.buffer, plan.byteOffset, plan.byteLength);
  const word = (at: number): number => view.getUint32(at, true);
  if (word(0) !== MAGIC || word(4) !== LAYOUT || word(8) !== plan.length) throw new Error('no plan');
  let at = headerSize;
  const take = (size: number): number => {
    const start = at;
    at = aligned(at + size);
    return start;
  };
  const text = (): string => {
    const length = word(at);
    const start = take(4 + length + 1) + 4;
    return decodeUtf8(plan.subarray(start, start + length));
  };
  const field: Record<FieldType, () => unknown> = {
    u32: () => word(take(8)),
    slot: () => word(take(8)),
    i32: () => view.getInt32(take(8), true),
    u64: () => view.getBigUint64(take(8), true),
    i64: () => view.getBigInt64(take(8), true),
    str: text,
    bytes: () => {
      const length = word(at);
      const start = take(8 + length) + 8;
      return plan.slice(start, start + length);
    },
    strs: () => Array.from({ length: word(take(8)) }, text),
  };
  return Array.from({ length: word(12) }, () => {
    const end = at + word(at + 4);
    const { name, fields } = stepTable[word(take(8))]!;
    const values = fields.map(([key, type]) => [key, field[type]()] as const);
    if (at !== end) throw new Error(`${name} has another size`);
    return { step: name, ...Object.fromEntries(values) } as unknown as Step;
  });
}
