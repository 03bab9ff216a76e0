import { TsruncError } from '../../base/error.js';
import { joinPointer } from '../../base/json-pointer.js';
import { quote } from '../../base/quote.js';
import type { Resources } from '../../config/spec.js';
import type { CgroupOperation } from '../plan/cgroup-plan.js';
import { unsupported, write } from '../plan/operations.js';

/** Core files that are no limits: they move or kill processes, or change what the runtime itself relies on. */
const notLimits = new Set([
  'cgroup.procs',
  'cgroup.threads',
  'cgroup.kill',
  'cgroup.freeze',
  'cgroup.type',
  'cgroup.subtree_control',
]);

/**
 * `unified`: file names and what to write there, verbatim, after everything else (config-linux.md, "Unified").
 * @param available controllers that v2 has on this host
 * @param from pointer of the `unified` section
 * @throws TsruncError 'config' for a key that is no file of a controller, 'unsupported' for an absent controller
 */
export function setUnified(
  unified: NonNullable<Resources['unified']>,
  folder: string,
  available: readonly string[],
  from: string,
): CgroupOperation[] {
  return Object.entries(unified).map(([key, value]) => {
    const pointer = joinPointer(from, key);
    const controller = key.slice(0, Math.max(0, key.indexOf('.')));
    if (key.includes('/') || controller === '')
      throw new TsruncError('config', `no file of a cgroup controller: ${quote(key)}`, {
        pointer,
        hint: 'CONTROLLER.FILE without a slash, e.g. memory.high',
      });
    if (notLimits.has(key)) throw unsupported(pointer, `${key} is the runtime's own to write`);
    if (controller !== 'cgroup' && !available.includes(controller))
      throw unsupported(pointer, `this host's cgroup v2 has no ${controller} controller`);
    const operation = write(folder, key, value, pointer);
    if (key === 'cpuset.cpus' || key === 'cpuset.mems') operation.effective = true;
    return operation;
  });
}
