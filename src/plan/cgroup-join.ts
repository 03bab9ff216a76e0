import type { PlanBuilder } from './builder.js';

/** The process enters the cgroups it isn't born in, before all else: what it takes from then on is the container's. */
export function planCgroupJoin(files: readonly string[], builder: PlanBuilder): void {
  for (const path of files) {
    const descriptor = builder.runtimeSlot({ kind: 'cgroup', path, from: '' });
    builder.add('', { step: 'join-cgroup', descriptor, path });
  }
}
