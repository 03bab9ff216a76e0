/**
 * How the plan of a helper begins and ends: a process that works for a container without being one of its processes.
 */
import type { ProcessPlan } from './plan.js';
import { PlanBuilder } from './steps/builder.js';
import { NO_SLOT } from './steps/step-table.js';

/**
 * Begins the plan of a helper. The first step makes it undumpable, so that no process of the container may trace it.
 */
export function beginHelper(): PlanBuilder {
  const builder = new PlanBuilder();
  builder.add('', { step: 'dumpable', value: 0 });
  return builder;
}

/**
 * Ends the plan of a helper. A helper executes no program: after its last step it waits until it is killed.
 * @param builder holds all steps and slots; nothing may be added afterwards
 * @returns the plan for runHelper
 * @throws TsruncError 'config' or 'unsupported' if problems were noted in the builder
 */
export function finishHelper(builder: PlanBuilder): ProcessPlan {
  builder.add('', { step: 'ready' });
  builder.add('', { step: 'wait-start', input: NO_SLOT, output: NO_SLOT });
  builder.finish();
  return { slots: builder.slots, steps: builder.steps, warnings: builder.warnings };
}
