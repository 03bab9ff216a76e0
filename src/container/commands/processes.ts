/** The operation `ps`. */
import { TsruncError } from '../../base/error.js';
import { isAlive } from '../init/process-id.js';
import type { Runtime } from '../runtime.js';
import { readState } from '../state/state-store.js';
import { namespaceProcesses } from './namespace-processes.js';
import { ownProcesses } from './own-processes.js';

/**
 * `ps`: the pids, in the runtime's pid namespace, of all processes in the container's cgroups and those below. A
 * cgroup that belongs to another container by now is left out. Without a cgroup they are those in the container's pid
 * namespace.
 * @throws TsruncError 'unsupported' for a container with neither, as nothing else shows which processes are its own
 */
export function containerProcesses(rt: Runtime, id: string): number[] {
  const { native } = rt;
  const state = readState(rt, id);
  if (Object.keys(state.cgroup.paths).length > 0) return ownProcesses(native, state);
  if (state.sharedPids)
    throw new TsruncError(
      'unsupported',
      `container ${JSON.stringify(id)} has no cgroup and no pid namespace of its own, so its processes can't be told`,
    );
  return isAlive(native, state) ? namespaceProcesses(native, state.pid) : [];
}
