import { TsruncError } from '../error.js';
import type { Plan } from '../plan/plan.js';
import { compileSeccomp } from '../plan/seccomp.js';
import { atField } from './at-field.js';
import type { Runtime } from './runtime.js';

/** Compiles the plan's seccomp profile and puts the filter into the step that loads it. */
export function compileFilter(rt: Runtime, plan: Plan): void {
  const { seccomp } = plan;
  if (seccomp === undefined) return;
  const step = plan.steps[seccomp.step];
  if (step?.step !== 'seccomp') throw new TsruncError('internal', 'the plan has its seccomp step elsewhere');
  const { program, unknown } = atField(seccomp.from, () => compileSeccomp(rt.native, seccomp.profile));
  step.filter = program;
  if (unknown.length > 0) rt.debug(`seccomp: libseccomp doesn't know ${unknown.join(', ')}; left out`);
}
