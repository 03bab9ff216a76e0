/** Keeps a container from using cgroups that someone else uses. */
import { TsruncError } from '../../base/error.js';
import type { Native } from '../../native/native.js';
import { isFrozen } from '../freeze.js';
import { countProcesses } from '../processes.js';

/**
 * Refuses cgroups that are frozen or hold processes, in themselves or in cgroups below: killing the container would
 * kill those processes, and in a frozen cgroup init would never run. Directories that don't exist are accepted.
 *
 * Call it before the container's state names the directories: the clean-up after a failed `create` kills what is in
 * them.
 * @param paths the directories planned for the container (CgroupPlan.paths)
 * @throws TsruncError 'config' with the pointer of cgroupsPath
 */
export function refuseForeignCgroup(native: Native, paths: Readonly<Record<string, string>>): void {
  const pointer = '/linux/cgroupsPath';
  for (const key in paths) {
    const path = paths[key]!;
    const count = countProcesses(native, path, key === '');
    if (count > 0)
      throw new TsruncError(
        'config',
        `container's cgroup is not empty: the cgroup ${path} already has processes in it: ${count}`,
        {
          pointer,
          path,
          hint: 'give each container a cgroupsPath of its own',
        },
      );
  }
  if (isFrozen(native, paths))
    throw new TsruncError('config', 'the cgroup of cgroupsPath is frozen', { pointer, hint: 'thaw it first' });
}
