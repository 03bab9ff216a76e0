/** Which seccomp filter has to be compiled for a plan, and for which of its steps. */
import { crunAnnotations } from '../../config/crun-annotations.js';
import type { Spec } from '../../config/spec.js';
import type { PlannedFilter } from '../plan.js';

/**
 * The entry of a plan for its filter.
 * @param step number of the plan's `seccomp` step, undefined if it has none
 * @returns undefined without such a step
 */
export function plannedFilter({ linux, annotations }: Spec, step: number | undefined): PlannedFilter | undefined {
  const profile = linux?.seccomp;
  if (step === undefined || profile === undefined) return undefined;
  const failUnknown = crunAnnotations(annotations).failUnknownSyscall;
  return { profile, step, pointer: '/linux/seccomp', failUnknown };
}
