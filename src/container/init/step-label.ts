/** What is told of a step: in its error, and in a trace. */
import type { PlannedStep } from '../../plan/plan.js';

/** What the error for a step needs to know about it. Kept in state.json for the steps that run at `start`. */
export interface StepLabel {
  readonly step: string;
  /** JSON pointer of the field that asks for it, or ''. */
  readonly pointer: string;
  /** The program, for the steps that find and execute it. */
  readonly about: string;
}

/** The label of a step of a plan. */
export function stepLabel(step: PlannedStep): StepLabel {
  let about = '';
  if (step.step === 'find-executable') about = step.name;
  if (step.step === 'exec') about = step.args[0] ?? '';
  return { step: step.step, pointer: step.pointer, about };
}
