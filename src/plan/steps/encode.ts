/** Encodes the steps of a plan for init. */
import type { Native, PlanValue } from '../../native/native.js';
import { type Step, stepValues } from './generated/steps.js';
import { LAYOUT, MAGIC } from './step-table.js';

/** A function for each kind of step, since QuickJS finds a member by a name in the code several times as fast as by one in a variable. */
function valuesOf(step: Step): PlanValue[] {
  const values = stepValues[step.step] as (step: Step) => PlanValue[];
  return values(step);
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
