/** The operations `pause` and `resume`. */
import { TsruncError } from '../../base/error.js';
import { freezeCgroup, thawCgroup } from '../../cgroup/freeze.js';
import type { OwnCgroups } from '../../cgroup/ownership/ownership.js';
import type { Runtime } from '../runtime.js';
import { lockContainer } from '../state/lock.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';
import { requireOwnCgroups } from './own-processes.js';

/**
 * `pause`: freezes all processes of a created or running container, and returns when they are frozen.
 * @throws TsruncError 'state' "container not running", 'unsupported' if there is no cgroup to freeze, or another
 * container is below it
 */
export function pauseContainer(rt: Runtime, id: string): void {
  // Waits for a `start` or `delete` to end, but not for an `exec`.
  const lock = lockContainer(rt, id, { shared: true });
  try {
    const state = readState(rt, id);
    const status = containerStatus(rt, state, true);
    if (status !== 'running' && status !== 'created') {
      const hint = status === 'paused' ? { hint: 'it is paused already' } : {};
      throw new TsruncError('state', `container ${JSON.stringify(id)}: container not running`, hint);
    }
    const own = requireOwnCgroups(rt.native, state);
    refuseOthers(own, id);
    own.holding(own.paths, (held) => freezeCgroup(rt.native, held));
  } finally {
    lock?.release();
  }
}

/**
 * `resume`: thaws a paused container. Takes no lock, since a command that holds it may be waiting for a frozen
 * process.
 * @throws TsruncError 'state' "container not paused"
 */
export function resumeContainer(rt: Runtime, id: string): void {
  const state = readState(rt, id);
  if (containerStatus(rt, state) !== 'paused')
    throw new TsruncError('state', `container ${JSON.stringify(id)}: container not paused`);
  const own = requireOwnCgroups(rt.native, state);
  own.holding(own.paths, (held) => thawCgroup(rt.native, held));
}

/** Refuses to freeze a cgroup with another container's below it, as that one would be frozen too. */
function refuseOthers(own: OwnCgroups, id: string): void {
  const other = own.foreignBelow();
  if (other === undefined) return;
  throw new TsruncError(
    'unsupported',
    `container ${JSON.stringify(id)} can't be paused alone: ${other}, below its cgroup, is another container's`,
    { path: other, hint: 'give each container a cgroupsPath of its own' },
  );
}
