/** Has init note how long its steps take. */
import type { PlanBuilder } from './builder.js';

/** Adds the step, if it is wanted. It comes first: what comes before it isn't timed. */
export function planStepTimes(wanted: boolean | undefined, builder: PlanBuilder): void {
  if (!wanted) return;
  const memory = builder.runtimeSlot({ kind: 'step-times', pointer: '' });
  builder.add('', { step: 'step-times', memory });
}
