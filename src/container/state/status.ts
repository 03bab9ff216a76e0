/** Finds out the status of a container. */
import { freezerFile, isFrozen } from '../../cgroup/freeze.js';
import type { ProcessStat } from '../../native/native.js';
import { livingProcess } from '../init/process-id.js';
import type { ContainerStatus } from '../options.js';
import type { Runtime } from '../runtime.js';
import { isLocked } from './lock.js';
import { START_FIFO, stateDirectory } from './paths.js';
import type { StateFile } from './state-schema.js';

/**
 * The status of a container, asked of the kernel rather than read from the state: whether init is alive, still has
 * the start fifo open, and whether its cgroup is frozen. A container whose `create` was killed counts as stopped.
 * @param locked the caller holds the lock, so no other command can be making the container
 */
export function containerStatus(rt: Runtime, state: StateFile, locked = false): ContainerStatus {
  if (state.phase === 'creating') return !locked && isLocked(rt, state.id) ? 'creating' : 'stopped';
  const process = livingProcess(rt.native, state);
  if (process === undefined) return 'stopped';
  if (isFrozen(rt.native, state.cgroup.paths)) return 'paused';
  return state.phase === 'created' && mayBeInit(process) && waitsForStart(rt, state.id) ? 'created' : 'running';
}

/**
 * False for most programs, which saves a look at the fifo. Init names itself tsrunc:[INIT]. Before, and where a filter keeps it from that, it
 * has the name of its file in memory, or before Linux 6.14 the number of the descriptor that it was executed by.
 */
function mayBeInit({ name }: ProcessStat): boolean {
  return /tsrunc|^\d+$/.test(name);
}

/** The files that tell containerStatus how a container is, in the order that it reads them. */
export function statusFiles({ pid, cgroup }: StateFile): string[] {
  const freezer = freezerFile(cgroup.paths);
  return [`/proc/${pid}/stat`, ...(freezer === undefined ? [] : [freezer])];
}

/** True while init waits for `start`: it holds the fifo open until it executes the container's process. */
function waitsForStart(rt: Runtime, id: string): boolean {
  return rt.native.hasReader(`${stateDirectory(rt, id)}/${START_FIFO}`);
}
