import type { PlannedStep } from '../plan/plan.js';

/** A mount of the container whose contents are the host's: criu is told where, and doesn't look into it. */
export interface ExternalMount {
  /** Where it is in the container, as the plan has it. */
  readonly target: string;
  /** What is mounted there, on the host. */
  readonly source: string;
}

/** The name by which files that are masked are kept in the images. */
export const NULL_DEVICE = '/dev/null';

/** The external mounts that a plan makes, in its order: bind mounts of whatever kind, the host's devices among them. */
export function externalMounts(steps: readonly PlannedStep[]): ExternalMount[] {
  return steps.flatMap((step) => {
    if (step.step === 'mount-bind') return [{ target: step.target, source: step.source }];
    return step.step === 'device-bind' ? [{ target: step.path, source: step.path }] : [];
  });
}

/** The paths that a plan masks. */
export function maskedPaths(steps: readonly PlannedStep[]): string[] {
  return steps.flatMap((step) => (step.step === 'mask-path' ? [step.path] : []));
}
