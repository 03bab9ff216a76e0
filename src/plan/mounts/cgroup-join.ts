/** Steps that enter cgroups by writing to their files, for those that clone3 can't put a process into. */
import type { PlanBuilder } from '../steps/builder.js';

/**
 * Adds steps to enter cgroups; the first of a plan, so that whatever the process uses afterwards counts for the
 * container.
 * @param files paths of `cgroup.procs` or `tasks`
 */
export function planCgroupJoin(files: readonly string[], builder: PlanBuilder): void {
  for (const path of files) builder.add('', { step: 'join-cgroup', path });
}
