import { crunAnnotations } from '../../config/crun-annotations.js';
import type { Spec } from '../../config/spec.js';
import type { Plan } from '../plan.js';

/** The filter that is to be compiled for a plan; nothing without a `seccomp` step. */
export function plannedFilter({ linux, annotations }: Spec, step: number | undefined): Pick<Plan, 'seccomp'> {
  const profile = linux?.seccomp;
  if (step === undefined || profile === undefined) return {};
  const failUnknown = crunAnnotations(annotations).failUnknownSyscall;
  return { seccomp: { profile, step, from: '/linux/seccomp', failUnknown } };
}
