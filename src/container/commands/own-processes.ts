import { TsruncError } from '../../base/error.js';
import { OwnCgroups } from '../../cgroup/ownership/ownership.js';
import { cgroupProcesses } from '../../cgroup/processes.js';
import type { Native } from '../../native/native.js';
import { SIGKILL } from '../../native/signals.js';
import type { StateFile } from '../state/state-schema.js';

/** The pids of the container's processes: those in the cgroups that are surely its own, ascending. */
export function ownProcesses(native: Native, { cgroup }: Pick<StateFile, 'cgroup'>): number[] {
  const own = new OwnCgroups(native, cgroup);
  return cgroupProcesses(native, own.paths, own.isForeign);
}

/** Ends them, and returns when they are dead. Throws TsruncError as killCgroup. */
export function killOwnProcesses(native: Native, { cgroup }: Pick<StateFile, 'cgroup'>): void {
  new OwnCgroups(native, cgroup).kill(SIGKILL);
}

/**
 * The cgroups of a container that lives, for a command that changes or measures them.
 * @throws TsruncError 'state' when one that its state names isn't its own: removed and made anew by others, or never its own
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
