import { cgroupProcesses } from '../cgroup/processes.js';
import { TsruncError } from '../error.js';
import type { Runtime } from './runtime.js';
import { readState } from './state-store.js';

/**
 * `ps`: the pids of every process in the container's cgroup and the cgroups below, as the runtime sees them.
 * @throws TsruncError 'unsupported' for a container without a cgroup: nothing else tells its processes from others.
 */
export function containerProcesses(rt: Runtime, id: string): number[] {
  const { paths } = readState(rt, id).cgroup;
  if (Object.keys(paths).length === 0) {
    throw new TsruncError(
      'unsupported',
      `container ${JSON.stringify(id)} has no cgroup, so its processes can't be told`,
    );
  }
  return cgroupProcesses(rt.native, paths);
}
