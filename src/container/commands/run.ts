import { destroyContainer } from '../creation/destroy.js';
import { bindNotifySocket, waitForReadiness } from '../creation/notify-socket.js';
import { runPoststart } from '../creation/poststart.js';
import { stayInForeground } from '../exec/foreground.js';
import type { RunOptions } from '../options.js';
import type { Runtime } from '../runtime.js';
import type { Lock } from '../state/lock.js';
import type { StateFile } from '../state/state-schema.js';
import { hasState, removeState } from '../state/state-store.js';
import { cleanUp, cleanUpBehind } from './clean-up.js';
import { makeContainer } from './create.js';

/**
 * `run`: makes a container, starts it and, unless detached, stands in the foreground for it and deletes it at its end.
 * @returns the exit status of its process or 128 + signal; 0 when detached.
 * @throws TsruncError when it couldn't be made or started; then nothing of it is left.
 */
export function runContainer(rt: Runtime, options: RunOptions): number {
  const { native } = rt;
  const foreground = !options.detach;
  // Before init is there: what it leaves behind when it ends early comes to us then, and no signal for it is lost.
  if (foreground && !options.noSubreaper) native.setSubreaper(true);
  if (foreground) native.catchSignals();
  const { state, init, lock } = makeContainer(rt, options, { foreground: true, detach: options.detach });
  const undo = () => {
    cleanUp(rt, options.id, () => init.kill());
    cleanUp(rt, options.id, () => removeContainer(rt, state, lock));
  };
  let notify = -1;
  try {
    if (state.notify) notify = bindNotifySocket(rt, options.id);
    init.start();
    init.serveUntil('starting');
    init.awaitExecution();
    lock.unlock();
    runPoststart(rt, state);
  } catch (error) {
    if (notify >= 0) native.close(notify);
    undo();
    throw error;
  }
  if (options.detach) {
    lock.release();
    init.release();
    if (notify >= 0) waitForReadiness(rt, state, notify);
    return 0;
  }
  let status: number;
  try {
    status = stayInForeground(rt, init, {
      reap: !options.noSubreaper,
      ...(notify >= 0 && { notify: { socket: notify, state } }),
    });
  } catch (error) {
    undo();
    throw error;
  }
  init.release();
  if (options.keep) lock.release();
  else cleanUpBehind(rt, options.id, () => removeContainer(rt, state, lock));
  return status;
}

/** Deletes the container, unless a `delete` was faster while the lock was let go (and its id has gone to another since). */
export function removeContainer(rt: Runtime, state: StateFile, lock: Lock): void {
  try {
    if (!lock.relock()) return;
    // Without a state file a `delete` was cut short at its end.
    if (hasState(rt, state.id)) destroyContainer(rt, state, true);
    else removeState(rt, state.id);
  } finally {
    lock.release();
  }
}
