import type { Native, PlanValue } from '../../native/native.js';
import { type Step, stepKinds } from './generated/steps.js';
import { LAYOUT } from './step-table.js';

const MAGIC = 0x50525354;

/** The number of the step's kind and the values of its fields in the table's order. */
function valuesOf(step: Step): PlanValue[] {
  const { kind, fields } = stepKinds[step.step];
  const given = step as unknown as Readonly<Record<string, PlanValue>>;
  const values: PlanValue[] = [kind];
  for (let i = 0; i < fields.length; i++) values.push(given[fields[i] as string] as PlanValue);
  return values;
}

/**
 * The wire form of a plan's steps, or of a part of them; src/plan/steps/step-table.ts describes it. The bytes are put together in
 * C++: QuickJS takes some 100 ns for each that it stores, and this stands between the spawn of init and its first step.
 * @param more the rest of the plan comes in a part of its own.
 * @throws TsruncError 'system' for a string that holds a NUL: validation has refused those before.
 */
export function encodeSteps(native: Pick<Native, 'encodePlan'>, steps: readonly Step[], more = false): Uint8Array {
  return native.encodePlan(MAGIC, LAYOUT, steps.map(valuesOf), more);
}
