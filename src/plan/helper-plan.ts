import type { Plan } from './plan.js';
import type { PlanBuilder } from './steps/builder.js';
import { NO_SLOT } from './steps/step-table.js';

/**
 * The plan of a process that does something for a container and is none of it: it has nothing to execute, and waits at the
 * end of its steps until it is killed.
 */
export function finishHelper(builder: PlanBuilder): Plan {
  builder.add('', { step: 'ready' });
  builder.add('', { step: 'wait-start', input: NO_SLOT, output: NO_SLOT });
  builder.finish();
  return {
    cloneFlags: 0,
    slots: builder.slots,
    steps: builder.steps,
    cgroup: { manager: 'none', paths: {}, operations: [], cloneInto: '', join: [], warnings: [] },
    hooks: { prestart: [], createRuntime: [], poststart: [], poststop: [] },
    netDevices: [],
    warnings: builder.warnings,
  };
}
