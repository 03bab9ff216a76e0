import type { Native } from '../native/native.js';
import type { PlannedStep } from '../plan/plan.js';
import { externalMounts, maskedPaths, NULL_DEVICE } from './external-mounts.js';
import { resolveInRoot } from './resolve.js';

/**
 * What criu mounts at the places that the images name. A checkpoint names them by where they were, symlinks followed; one that
 * can't be followed any more is found by what the configuration says.
 */
export function mountSources(
  native: Native,
  rootfs: string,
  steps: readonly PlannedStep[],
): { key: string; val: string }[] {
  const sources = externalMounts(steps).flatMap(({ target, source }) =>
    [...new Set([resolveInRoot(native, rootfs, target), target])].map((key) => ({ key, val: source })),
  );
  if (maskedPaths(steps).length > 0) sources.push({ key: NULL_DEVICE, val: NULL_DEVICE });
  return sources;
}

/**
 * The cgroups of a process, one entry a controller: from /proc/PID/cgroup, lines `ID:CONTROLLERS:PATH` (cgroups(7)).
 * @param text of that file.
 */
export function cgroupRoots(text: string): { ctrl: string; path: string }[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      return controllers.split(',').map((ctrl) => ({ ctrl, path }));
    });
}
