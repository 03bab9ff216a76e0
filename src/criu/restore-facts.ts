import { TsruncError } from '../base/error.js';
import type { Native } from '../native/native.js';
import type { PlannedStep } from '../plan/plan.js';
import { externalMounts, maskedPaths, NULL_DEVICE } from './external-mounts.js';
import { resolveInRoot } from './resolve.js';

/**
 * What criu mounts at the places that the images name. A checkpoint names them by where they were, symlinks followed; one that
 * can't be followed any more is found by what the configuration says.
 *
 * A name that the configuration has for a mount is that mount's, wherever symlinks lead: they are the container's, which could
 * have what it may only read mounted at the place, and with the flags, of what it may write to.
 * @throws TsruncError 'system' when symlinks bring two mounts to one name.
 */
export function mountSources(
  native: Native,
  rootfs: string,
  steps: readonly PlannedStep[],
): { key: string; val: string }[] {
  const mounts = externalMounts(steps);
  const said = new Map(mounts.map(({ target, source }) => [target, source]));
  const found = new Map<string, string>();
  for (const { target, source } of mounts) {
    const place = resolveInRoot(native, rootfs, target);
    if (said.has(place)) continue;
    const other = found.get(place);
    if (other !== undefined && other !== source)
      throw new TsruncError(
        'system',
        `symlinks in the root file system bring ${other} and ${source} both to ${place}`,
        {
          path: place,
        },
      );
    found.set(place, source);
  }
  const sources = [...found, ...said].map(([key, val]) => ({ key, val }));
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
