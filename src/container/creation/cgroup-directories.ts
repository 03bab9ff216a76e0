/** Finds out which cgroups a container will make, for its state. */
import type { CgroupHost } from '../../cgroup/plan/cgroup-host.js';
import type { CgroupPlan } from '../../cgroup/plan/cgroup-plan.js';
import type { Native } from '../../native/native.js';

/**
 * The directories that a cgroup plan will make because they don't exist, parents first. They are removed with the
 * container.
 * @param host its mount points are known to exist, so they aren't looked for
 */
export function missingCgroupDirectories(native: Native, plan: CgroupPlan, host: CgroupHost): string[] {
  const roots = host.controllers.map(({ mountPoint }) => mountPoint);
  if (host.unified !== undefined) roots.push(host.unified.mountPoint);
  const missing: string[] = [];
  for (const operation of plan.operations) {
    if (operation.op !== 'make') continue;
    const chain: string[] = [];
    let path = operation.path;
    while (path !== '' && !roots.includes(path) && !missing.includes(path) && native.stat(path, true) === null) {
      chain.unshift(path);
      path = path.slice(0, path.lastIndexOf('/'));
    }
    missing.push(...chain);
  }
  return missing;
}
