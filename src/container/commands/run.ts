/** The operation `run`: `create` and `start` in one, and `delete` when the container ends. */
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
 * `run`: makes and starts a container. Unless detached, it waits for the container in the foreground and deletes it
 * when it ends.
 * @returns the exit status of its process or 128 + signal; 0 if detached
 * @throws TsruncError if it can't be made or started; then nothing of it is left
 */
export function runContainer(rt: Runtime, options: RunOptions): number {
  const { native } = rt;
  const foreground = !options.detach;
  // Set before init exists, so that we adopt its orphans even if it ends early, and lose no signal for it.
  if (foreground && !options.noSubreaper) native.setSubreaper(true);
  if (foreground) native.catchSignals();
  const { state, process: init, lock } = makeContainer(rt, { options, foreground: true, detach: options.detach });
  const undo = () => {
    cleanUp(rt, options.id, () => init.kill());
    cleanUp(rt, options.id, () => removeContainer(rt, state, lock));
  };
  let notify = -1;
  try {
    rt.trace?.phase('execute the program');
    if (state.notify) notify = bindNotifySocket(rt, options.id);
    init.start();
    init.serveUntil('starting');
    init.awaitExecution();
    rt.trace?.phase('run the poststart hooks');
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
  rt.trace?.phase('wait for the process');
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
  rt.trace?.phase('remove the container');
  init.release();
  if (options.keep) lock.release();
  else cleanUpBehind(rt, options.id, () => removeContainer(rt, state, lock));
  return status;
}

/**
 * Deletes the container and releases its lock. Does nothing if a `delete` has removed it while the lock was given up;
 * its id may be another container's by now.
 */
export function removeContainer(rt: Runtime, state: StateFile, lock: Lock): void {
  try {
    if (!lock.relock()) return;
    // Without a state file a `delete` was interrupted right before its end.
    if (hasState(rt, state.id)) destroyContainer(rt, state, true);
    else removeState(rt, state.id);
  } finally {
    lock.release();
  }
}
