import { TsruncError } from '../../base/error.js';
import type { Native } from '../../native/native.js';

/**
 * What to say of an init that was killed: the kernel counts in the memory cgroup how often its OOM killer struck
 * (memory.events in v2, memory.oom_control in v1).
 * @returns '' when it didn't.
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
