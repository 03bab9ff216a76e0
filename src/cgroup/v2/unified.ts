/** `unified` of config.json: files of cgroup v2 that are written as the config says. */
import { TsruncError } from '../../base/error.js';
import { joinPointer } from '../../base/json-pointer.js';
import { quote } from '../../base/quote.js';
import type { Resources } from '../../config/spec.js';
import type { CgroupOperation } from '../plan/cgroup-plan.js';
import { unsupported, write } from '../plan/operations.js';

/** Core files that aren't limits: writing them moves or kills processes, or changes what the runtime relies on. */
const notLimits = new Set([
  'cgroup.procs',
  'cgroup.threads',
  'cgroup.kill',
  'cgroup.freeze',
  'cgroup.type',
  'cgroup.subtree_control',
]);

/**
 * The writes for `unified`, which maps file names to the text to write, unchanged, after all other limits
 * (config-linux.md, "Unified").
 * @param available controllers that v2 has on this host
 * @param pointer JSON pointer of the `unified` section
 * @throws TsruncError 'config' for a key that isn't CONTROLLER.FILE, 'unsupported' for a controller that this host
 * lacks and for the files that aren't limits
 */
export function setUnified(
  unified: NonNullable<Resources['unified']>,
  directory: string,
  available: readonly string[],
  pointer: string,
): CgroupOperation[] {
  return Object.entries(unified).map(([key, value]) => {
    const at = joinPointer(pointer, key);
    const controller = key.slice(0, Math.max(0, key.indexOf('.')));
    if (key.includes('/') || controller === '')
      throw new TsruncError('config', `no file of a cgroup controller: ${quote(key)}`, {
        pointer: at,
        hint: 'CONTROLLER.FILE without a slash, e.g. memory.high',
      });
    if (notLimits.has(key)) throw unsupported(at, `${key} is the runtime's own to write`);
    if (controller !== 'cgroup' && !available.includes(controller))
      throw unsupported(at, `this host's cgroup v2 has no ${controller} controller`);
    const operation = write(directory, key, value, at);
    if (key === 'cpuset.cpus' || key === 'cpuset.mems') operation.effective = true;
    return operation;
  });
}
