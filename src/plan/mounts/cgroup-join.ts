import type { PlanBuilder } from '../steps/builder.js';

/** The process enters the cgroups it isn't born in, before all else: what it takes from then on is the container's. */
export function planCgroupJoin(files: readonly string[], builder: PlanBuilder): void {
  for (const path of files) builder.add('', { step: 'join-cgroup', path });
}
