/** Encodes the steps of a plan for init. */
import type { Native, PlanValue } from '../../native/native.js';
import { type Step, stepKinds } from './generated/steps.js';
import { LAYOUT, MAGIC } from './step-table.js';

/** The number of the step's kind, then the values of its fields in the order of the table. */
function valuesOf(step: Step): PlanValue[] {
  const { kind, fields } = stepKinds[step.step];
  const given = step as unknown as Readonly<Record<string, PlanValue>>;
  const values: PlanValue[] = [kind];
  // Not by push, which is a call for each of hundreds of values.
  for (let i = 0; i < fields.length; i++) values[i + 1] = given[fields[i] as string] as PlanValue;
  return values;
}

/**
 * Encodes steps in the form that step-table.ts describes. The bytes are written by C++, which takes the type of each
 * value from the value itself: QuickJS needs some 100 ns to store one byte, and init waits for these bytes before its
 * first step.
 * @param steps all steps of a plan, or one part of them
 * @param more another part of the same plan follows
 * @throws TsruncError 'system' for a string with a NUL in it; the checks of the configuration refuse those earlier
 */
export function encodeSteps(native: Pick<Native, 'encodePlan'>, steps: readonly Step[], more = false): Uint8Array {
  return native.encodePlan(MAGIC, LAYOUT, steps.map(valuesOf), more);
}
