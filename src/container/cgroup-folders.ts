import type { CgroupPlan } from '../cgroup/cgroup-plan.js';
import type { Native } from '../native/native.js';

/** The folders that carrying out a cgroup plan will make, parents first: they are to be removed with the container. */
export function missingCgroupFolders(native: Native, plan: CgroupPlan): string[] {
  const missing: string[] = [];
  for (const operation of plan.operations) {
    if (operation.op !== 'make') continue;
    const chain: string[] = [];
    let path = operation.path;
    while (path !== '' && !missing.includes(path) && native.stat(path, true) === null) {
      chain.unshift(path);
      path = path.slice(0, path.lastIndexOf('/'));
    }
    missing.push(...chain);
  }
  return missing;
}
