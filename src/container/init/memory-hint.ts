/** Finds out whether init died because it ran out of memory. */
import { TsruncError } from '../../base/error.js';
import type { Native } from '../../native/native.js';

/**
 * The hint for an init that was killed. The memory cgroup counts the processes that the OOM killer killed in it
 * (`oom_kill` in memory.events of v2, memory.oom_control of v1).
 * @param paths the container's cgroups (CgroupPlan.paths)
 * @returns '' if the OOM killer killed none
 */
export function memoryHint(native: Native, paths: Readonly<Record<string, string>>): string {
  for (const path of Object.values(paths)) {
    for (const file of ['memory.events', 'memory.oom_control']) {
      try {
        const kills = /^oom_kill (\d+)$/m.exec(native.readFileIfExists(`${path}/${file}`, 4096) ?? '')?.[1];
        if (Number(kills ?? 0) > 0) return 'it ran out of memory: linux.resources.memory.limit is too low';
      } catch (error) {
        if (!(error instanceof TsruncError)) throw error;
      }
    }
  }
  return '';
}
