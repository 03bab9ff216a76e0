/** Works out what a restore request has to say about mounts and cgroups. */
import { TsruncError } from '../base/error.js';
import type { Native } from '../native/native.js';
import type { PlannedStep } from '../plan/plan.js';
import { checkMountName, externalMounts, maskedPaths, NULL_DEVICE } from './external-mounts.js';
import { resolveInRoot } from './resolve.js';

/**
 * The sources for the external mounts in the images: `key` is the mount's name there, `val` what criu is to mount. A
 * checkpoint names a mount by its path with symlinks resolved. As the symlinks may have changed since, each mount gets
 * two keys: its resolved path and its path in the configuration.
 *
 * A path in the configuration always belongs to that mount, even if the symlink of another mount leads there. The
 * container controls its symlinks: otherwise it could have a source that it may only read mounted in place, and with
 * the flags, of one that it may write to.
 * @param steps of the container's plan
 * @throws TsruncError 'system' if symlinks lead two mounts with different sources to the same path; 'unsupported' for a
 *   name that criu would take for another
 */
export function mountSources(
  native: Native,
  rootfs: string,
  steps: readonly PlannedStep[],
): { key: string; val: string }[] {
  const mounts = externalMounts(steps);
  const said = new Map(mounts.map(({ target, source }) => [checkMountName(target), source]));
  const found = new Map<string, string>();
  for (const { target, source } of mounts) {
    const place = checkMountName(resolveInRoot(native, rootfs, target));
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
 * The cgroups of a process, one entry per controller; `ctrl` is '' for v2.
 * @param text contents of /proc/PID/cgroup: lines `ID:CONTROLLERS:PATH` (cgroups(7))
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
