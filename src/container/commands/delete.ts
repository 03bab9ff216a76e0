/** The operation `delete`. */
import { TsruncError } from '../../base/error.js';
import { now } from '../../native/clock.js';
import { POLLIN } from '../../native/flags.js';
import { signalProcess } from '../../native/pidfd.js';
import { SIGKILL } from '../../native/signals.js';
import { destroyContainer } from '../creation/destroy.js';
import { openProcess, type ProcessId } from '../init/process-id.js';
import type { Runtime } from '../runtime.js';
import { checkContainerId } from '../state/container-id.js';
import { removeLeftovers } from '../state/leftovers.js';
import { type Lock, lockContainer, lockExclusive, takeLock } from '../state/lock.js';
import type { StateFile } from '../state/state-schema.js';
import { directoryExists, notFound, readIfSound, readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';
import { removeStray } from '../state/stray.js';
import { signalInit, thawOwnCgroups } from './kill.js';
import { killOwnProcesses } from './own-processes.js';

/**
 * How long to wait for a killed init to end, in ms: before that the kernel ends all processes of its pid namespace.
 */
const END_TIMEOUT = 10_000;
/** The interval in ms at which what may keep it alive is removed again. */
const HELP_AGAIN = 250;

/**
 * `delete`: removes a stopped container. With force a running one is killed first, and a missing one is no error.
 * @throws TsruncError 'not-found', or 'state' "cannot delete container ID that is not stopped: STATUS".
 */
export function deleteContainer(rt: Runtime, id: string, force: boolean): void {
  checkContainerId(id);
  if (!directoryExists(rt, id)) {
    if (force) return;
    throw notFound(id);
  }
  try {
    if (force) forceDelete(rt, id);
    else plainDelete(rt, id);
  } catch (error) {
    // Another `delete` has removed it meanwhile.
    if (force && error instanceof TsruncError && error.code === 'not-found') return;
    throw error;
  }
}

function plainDelete(rt: Runtime, id: string): void {
  const lock = lockContainer(rt, id, { wait: false }) ?? lockUnlessLives(rt, id);
  let state: StateFile | undefined;
  try {
    state = readUnlessMissing(rt, id);
    if (state !== undefined) {
      refuseUnlessStopped(rt, state, true);
      // An init that a killed `create` left may still be alive.
      if (state.phase === 'creating') endInit(rt, state);
      destroyContainer(rt, state, true);
    }
  } finally {
    lock.release();
  }
  if (state !== undefined) return;
  removeStray(rt, id);
  throw notFound(id);
}

/**
 * Waits for the lock only if the container is stopped: its holder may be a slow `create`, or wait for the container
 * to end.
 */
function lockUnlessLives(rt: Runtime, id: string): Lock {
  const state = readUnlessMissing(rt, id);
  if (state !== undefined) refuseUnlessStopped(rt, state, false);
  return lockExclusive(rt, id);
}

function refuseUnlessStopped(rt: Runtime, state: StateFile, locked: boolean): void {
  const { id } = state;
  const status = containerStatus(rt, state, locked);
  if (status !== 'stopped') {
    throw new TsruncError('state', `cannot delete container ${id} that is not stopped: ${status}`, {
      hint: `\`kill ${id} KILL\` ends it, \`delete --force ${id}\` ends and removes it`,
    });
  }
}

/**
 * The state; undefined if there is no state file, because the directory is a leftover or its `create` has just
 * begun.
 */
function readUnlessMissing(rt: Runtime, id: string): StateFile | undefined {
  try {
    return readState(rt, id);
  } catch (error) {
    if (error instanceof TsruncError && error.code === 'not-found') return undefined;
    throw error;
  }
}

function forceDelete(rt: Runtime, id: string): void {
  // The command that holds the lock may be waiting for this container to end.
  const before = readIfSound(rt, id);
  if (typeof before !== 'string') signalInit(rt, before, SIGKILL);
  const lock = takeLock(rt, id);
  try {
    const state = readIfSound(rt, id);
    if (state === 'damaged') {
      removeLeftovers(rt, id, lock, (init) => endProcess(rt, id, init, () => {}));
      return;
    }
    if (state !== 'missing') {
      endInit(rt, state);
      destroyContainer(rt, state, true);
      return;
    }
  } finally {
    lock.release();
  }
  removeStray(rt, id);
}

/** Kills init and waits until it has ended. */
function endInit(rt: Runtime, state: StateFile): void {
  endProcess(rt, state.id, state, () => {
    // A criu that was restoring it may still trace its processes, and init ends only after them.
    if (state.phase === 'creating') killOwnProcesses(rt.native, state);
    // Init ends after all processes in its pid namespace, some of which another process may have frozen meanwhile.
    thawOwnCgroups(rt.native, state);
  });
}

/**
 * Kills a process and waits until it has ended.
 * @param help called after the signal, and repeatedly until the process has ended
 * @returns false if the process was gone already
 * @throws TsruncError 'system' if it doesn't end
 */
function endProcess(rt: Runtime, id: string, process: ProcessId, help: () => void): boolean {
  const { native } = rt;
  const pidfd = openProcess(native, process);
  if (pidfd === null) return false;
  try {
    signalProcess(native, pidfd, SIGKILL);
    const end = now(native) + END_TIMEOUT;
    for (;;) {
      help();
      const left = Math.max(0, Math.ceil(end - now(native)));
      if (native.poll([pidfd], [POLLIN], Math.min(left, HELP_AGAIN))[0] !== 0) return true;
      if (left === 0) break;
    }
    throw new TsruncError('system', `container ${id}: its init, process ${process.pid}, does not end after SIGKILL`, {
      hint: 'it hangs in the kernel, for example on a network file system; try again when that is over',
    });
  } finally {
    native.close(pidfd);
  }
}
