/** Finds the processes and cgroups that are known to be a container's. */
import { TsruncError } from '../../base/error.js';
import { OwnCgroups } from '../../cgroup/ownership/ownership.js';
import { cgroupProcesses } from '../../cgroup/processes.js';
import type { Native } from '../../native/native.js';
import { SIGKILL } from '../../native/signals.js';
import type { StateFile } from '../state/state-schema.js';

/** The pids, ascending, of the processes in the cgroups that are known to be the container's. */
export function ownProcesses(native: Native, { cgroup }: Pick<StateFile, 'cgroup'>): number[] {
  const own = new OwnCgroups(native, cgroup);
  return cgroupProcesses(native, own.paths, own.isForeign);
}

/**
 * Kills these processes and waits until they are dead.
 * @throws TsruncError as killCgroup
 */
export function killOwnProcesses(native: Native, { cgroup }: Pick<StateFile, 'cgroup'>): void {
  new OwnCgroups(native, cgroup).kill(SIGKILL);
}

/**
 * The cgroups of a live container, for a command that changes or measures them.
 * @throws TsruncError 'state' if one that its state names belongs to another container, or was removed and made again
 * by others
 */
export function requireOwnCgroups(native: Native, { id, cgroup }: Pick<StateFile, 'id' | 'cgroup'>): OwnCgroups {
  const own = new OwnCgroups(native, cgroup);
  const [path] = Object.values(own.that('other', 'unmarked'));
  if (path === undefined) return own;
  throw new TsruncError(
    'state',
    `container ${JSON.stringify(id)}: the cgroup ${path}, which its state names, isn't its own`,
    { path, hint: "another container's, or made anew by somebody else" },
  );
}
