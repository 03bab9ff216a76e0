import { isFrozen } from '../../cgroup/freeze.js';
import { isAlive } from '../init/alive.js';
import type { ContainerStatus } from '../options.js';
import type { Runtime } from '../runtime.js';
import { isLocked } from './lock.js';
import { START_FIFO, stateFolder } from './paths.js';
import type { StateFile } from './state-schema.js';

/**
 * The status of a container, from the kernel and not from what was written down: is init alive, does it still hold the
 * start fifo, is its cgroup frozen. A container whose `create` was killed on the way counts as stopped.
 * @param locked the caller holds the lock: nobody else is making the container then.
 */
export function containerStatus(rt: Runtime, state: StateFile, locked = false): ContainerStatus {
  if (state.phase === 'creating') return !locked && isLocked(rt, state.id) ? 'creating' : 'stopped';
  if (!isAlive(rt.native, state)) return 'stopped';
  if (isFrozen(rt.native, state.cgroup.paths)) return 'paused';
  return state.phase === 'created' && waitsForStart(rt, state.id) ? 'created' : 'running';
}

/** True while init waits for `start`: it holds the fifo open until it executes the container's process. */
function waitsForStart(rt: Runtime, id: string): boolean {
  return rt.native.hasReader(`${stateFolder(rt, id)}/${START_FIFO}`);
}
