import { TsruncError, withFields } from '../error.js';
import type { Native } from '../native/native.js';
import type { CgroupPlan } from './cgroup-plan.js';

/**
 * Moves a process into the container's cgroups, those it wasn't born in (CgroupPlan.join).
 * @throws TsruncError 'system' naming the cgroup that didn't take it
 */
export function joinCgroup(native: Native, plan: Pick<CgroupPlan, 'join'>, pid: number): void {
  const text = String(pid);
  for (const file of plan.join)
    try {
      native.writeExisting(file, text);
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      throw withFields(error, { path: file }, `${file}: can't move the process into the cgroup: ${error.message}`);
    }
}
