/** Finds the mounts of a container that criu must treat as external. */
import { TsruncError } from '../base/error.js';
import type { PlannedStep } from '../plan/plan.js';

/** A mount whose contents belong to the host. criu is told about it, and doesn't dump what is mounted there. */
export interface ExternalMount {
  /** Its path in the container, as in the plan; symlinks aren't resolved. */
  readonly target: string;
  /** The path on the host that is mounted there. */
  readonly source: string;
}

/** The name in the images for the mounts of /dev/null that mask files. */
export const NULL_DEVICE = '/dev/null';

/** The external mounts that a plan makes, in its order: all bind mounts, those of the host's devices included. */
export function externalMounts(steps: readonly PlannedStep[]): ExternalMount[] {
  return steps.flatMap((step) => {
    if (step.step === 'mount-bind') return [{ target: step.target, source: step.source }];
    return step.step === 'device-bind' ? [{ target: step.path, source: step.path }] : [];
  });
}

/** The paths in the container that a plan masks. */
export function maskedPaths(steps: readonly PlannedStep[]): string[] {
  return steps.flatMap((step) => (step.step === 'mask-path' ? [step.path] : []));
}

/**
 * Checks the name of a mount, a path in which the container's symlinks are followed. criu keeps it as `mnt[NAME]:SOURCE`
 * and looks for the text `mnt[NAME]:`, so that `/x]:/etc` is also the mount `/x`, with a source that the container has chosen
 * (CVE-2026-119101, CVE-2026-115520).
 * @returns the name
 * @throws TsruncError 'unsupported' if criu would take it for another
 */
export function checkMountName(name: string): string {
  if (!name.includes(']:')) return name;
  throw new TsruncError('unsupported', `criu can't name a mount at ${name}`, {
    path: name,
    hint: 'no path of a mount may hold "]:", symlinks followed',
  });
}
