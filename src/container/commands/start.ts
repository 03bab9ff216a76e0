/** The operation `start`. */
import { ENXIO, EPIPE } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { O_NONBLOCK, O_RDONLY, O_WRONLY } from '../../native/flags.js';
import { MessageKind } from '../../plan/steps/protocol.js';
import { bindNotifySocket, waitForReadiness } from '../creation/notify-socket.js';
import { runPoststart } from '../creation/poststart.js';
import { isAlive } from '../init/process-id.js';
import { messageError } from '../init/step-error.js';
import type { Runtime } from '../runtime.js';
import { lockExclusive } from '../state/lock.js';
import { START_FIFO, STATUS_FIFO, stateDirectory } from '../state/paths.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';
import { cleanUp } from './clean-up.js';
import { endFailed } from './kill.js';

/** How long execve(2) may take between closing two descriptors, in ms; usually it takes hardly any time. */
const CLOSE_TIMEOUT = 1000;

/**
 * `start`: lets init of a created container execute its program, and waits until it has.
 * @throws TsruncError 'state' if it isn't created; otherwise of the hook or step that failed, and then the container
 * is stopped
 */
export function startContainer(rt: Runtime, id: string): void {
  const lock = lockExclusive(rt, id);
  try {
    const state = readState(rt, id);
    refuseUnlessCreated(rt, state);
    const socket = state.notify ? bindNotifySocket(rt, id) : -1;
    rt.trace?.phase('execute the program');
    letGo(rt, state);
    rt.trace?.phase('run the poststart hooks');
    // Hooks may call commands that need the lock. The state needn't change, as the start fifo shows that the
    // container runs.
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
 * Writes the byte that init waits for, then reads its messages until the end of file: if `starting` is the last one,
 * execve(2) has closed the descriptor. The status fifo is opened first, and with O_NONBLOCK, since without a writer
 * open(2) would block forever.
 */
function letGo(rt: Runtime, state: StateFile): void {
  const { native } = rt;
  const directory = stateDirectory(rt, state.id);
  const status = native.open(`${directory}/${STATUS_FIFO}`, O_RDONLY | O_NONBLOCK, 0);
  try {
    const start = openStart(rt, state, `${directory}/${START_FIFO}`);
    try {
      letInitRead(rt, start);
      awaitExecution(rt, state, status);
      // execve(2) closes descriptors in no certain order. `state` shows `running` only once this one is closed, so
      // wait for it.
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
      const later = state.laterSteps.find(({ index }) => index === message.step);
      throw messageError(message, later && { step: later.step, pointer: later.from, about: later.about });
    }
  }
  if (!starting) throw new TsruncError('state', `container ${state.id}: its init ended before it executed the process`);
}

function letInitRead(rt: Runtime, start: number): void {
  try {
    rt.native.write(start, '\0');
  } catch (error) {
    // Init has ended since the fifo was opened.
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
