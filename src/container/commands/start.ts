import { ENXIO, EPIPE } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { O_NONBLOCK, O_RDONLY, O_WRONLY } from '../../native/flags.js';
import { MessageKind } from '../../plan/steps/protocol.js';
import { bindNotifySocket, waitForReadiness } from '../creation/notify-socket.js';
import { runPoststart } from '../creation/poststart.js';
import { isAlive } from '../init/alive.js';
import { messageError } from '../init/step-error.js';
import type { Runtime } from '../runtime.js';
import { lockExclusive } from '../state/lock.js';
import { START_FIFO, STATUS_FIFO, stateFolder } from '../state/paths.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';
import { cleanUp } from './clean-up.js';
import { endFailed } from './kill.js';

/** How long execve may take from the closing of one descriptor to that of the next, in ms: it was seen to take none. */
const CLOSE_TIMEOUT = 1000;

/**
 * `start`: lets init of a created container execute its process, and waits until it has.
 * @throws TsruncError of the state, of a startContainer hook, of the step that failed; the container is ended then.
 */
export function startContainer(rt: Runtime, id: string): void {
  const lock = lockExclusive(rt, id);
  try {
    const state = readState(rt, id);
    refuseUnlessCreated(rt, state);
    const socket = state.notify ? bindNotifySocket(rt, id) : -1;
    letGo(rt, state);
    // Hooks may call commands that want the lock. That it runs is told by its fifo, and not written down.
    lock.release();
    runPoststart(rt, state);
    if (socket >= 0) waitForReadiness(rt, state, socket);
  } finally {
    lock.release();
  }
}

function refuseUnlessCreated(rt: Runtime, state: StateFile): void {
  const status = containerStatus(rt, state, true);
  if (status === 'created') return;
  const why: Record<string, string> = {
    stopped: 'cannot start a container that has stopped',
    paused: 'cannot start a container in the paused state',
  };
  throw new TsruncError('state', why[status] ?? 'cannot start an already running container');
}

/**
 * The byte that init waits for, then its messages until the end of file: `starting` and nothing more means that execve(2)
 * closed the descriptor. The status fifo is opened first, and without blocking: without a writer that would wait for ever.
 */
function letGo(rt: Runtime, state: StateFile): void {
  const { native } = rt;
  const folder = stateFolder(rt, state.id);
  const status = native.open(`${folder}/${STATUS_FIFO}`, O_RDONLY | O_NONBLOCK, 0);
  try {
    const start = openStart(rt, state, `${folder}/${START_FIFO}`);
    try {
      letInitRead(rt, start);
      awaitExecution(rt, state, status);
      // execve(2) closes one after the other, in no certain order: by this one `state` tells that the container runs.
      native.poll([start], [0], CLOSE_TIMEOUT);
    } catch (error) {
      cleanUp(rt, state.id, () => endFailed(rt, state));
      throw error;
    } finally {
      native.close(start);
    }
  } finally {
    native.close(status);
  }
}

function awaitExecution(rt: Runtime, state: StateFile, status: number): void {
  let starting = false;
  for (;;) {
    const message = rt.native.receive(status);
    if (message === null) break;
    if (message.kind === MessageKind.starting) starting = true;
    else if (message.kind === MessageKind.error || message.kind === MessageKind.hookFailed) {
      throw messageError(
        message,
        state.laterSteps.find(({ index }) => index === message.step),
      );
    }
  }
  if (!starting) throw new TsruncError('state', `container ${state.id}: its init ended before it executed the process`);
}

function letInitRead(rt: Runtime, start: number): void {
  try {
    rt.native.write(start, '\0');
  } catch (error) {
    // It has ended since the fifo was opened.
    throw isErrno(error, EPIPE) ? new TsruncError('state', 'cannot start a container that has stopped') : error;
  }
}

function openStart(rt: Runtime, state: StateFile, path: string): number {
  try {
    return rt.native.open(path, O_WRONLY | O_NONBLOCK, 0);
  } catch (error) {
    if (!isErrno(error, ENXIO)) throw error;
    const stopped = !isAlive(rt.native, state);
    throw new TsruncError(
      'state',
      stopped ? 'cannot start a container that has stopped' : 'cannot start an already running container',
    );
  }
}
