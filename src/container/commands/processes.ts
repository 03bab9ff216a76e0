import { TsruncError } from '../../base/error.js';
import type { Runtime } from '../runtime.js';
import { readState } from '../state/state-store.js';
import { ownProcesses } from './own-processes.js';

/**
 * `ps`: the pids of every process in the container's cgroup and the cgroups below, as the runtime sees them. One that another
 * container has by now holds none of them.
 * @throws TsruncError 'unsupported' for a container without a cgroup: nothing else tells its processes from others.
 */
export function containerProcesses(rt: Runtime, id: string): number[] {
  const state = readState(rt, id);
  if (Object.keys(state.cgroup.paths).length === 0) {
    throw new TsruncError(
      'unsupported',
      `container ${JSON.stringify(id)} has no cgroup, so its processes can't be told`,
    );
  }
  return ownProcesses(rt.native, state);
}
