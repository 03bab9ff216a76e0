import { TsruncError } from '../../base/error.js';
import { now } from '../../native/clock.js';
import { POLLIN } from '../../native/flags.js';
import { SIGKILL } from '../../native/signals.js';
import { destroyContainer } from '../creation/destroy.js';
import { openProcess, type ProcessId, signalProcess } from '../init/alive.js';
import type { Runtime } from '../runtime.js';
import { checkContainerId } from '../state/container-id.js';
import { removeLeftovers } from '../state/leftovers.js';
import { type Lock, lockContainer, lockExclusive, takeLock } from '../state/lock.js';
import type { StateFile } from '../state/state-schema.js';
import { folderExists, notFound, readIfSound, readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';
import { removeStray } from '../state/stray.js';
import { signalInit, thawOwnCgroups } from './kill.js';
import { killOwnProcesses } from './own-processes.js';

/** How long a killed init may take to end: it has to tear down its pid namespace first. */
const END_TIMEOUT = 10_000;
/** How long until it is looked again what keeps it alive. */
const HELP_AGAIN = 250;

/**
 * `delete`: removes a stopped container; with force any, killed first, and no container of that id is fine too.
 * @throws TsruncError 'not-found', or 'state' "cannot delete container ID that is not stopped: STATUS".
 */
export function deleteContainer(rt: Runtime, id: string, force: boolean): void {
  checkContainerId(id);
  if (!folderExists(rt, id)) {
    if (force) return;
    throw notFound(id);
  }
  try {
    if (force) forceDelete(rt, id);
    else plainDelete(rt, id);
  } catch (error) {
    // Another delete was faster.
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
      // What a killed `create` left behind may still live.
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

/** The command that holds the lock may be a `create` that takes its time, or wait for the container to end. */
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

/** Undefined for a folder without a state file, which is a stray one, or belongs to a `create` that has just begun. */
function readUnlessMissing(rt: Runtime, id: string): StateFile | undefined {
  try {
    return readState(rt, id);
  } catch (error) {
    if (error instanceof TsruncError && error.code === 'not-found') return undefined;
    throw error;
  }
}

function forceDelete(rt: Runtime, id: string): void {
  // The command that holds the lock may wait for this very container.
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

/** SIGKILL to init, and waits for its end. */
function endInit(rt: Runtime, state: StateFile): void {
  endProcess(rt, state.id, state, () => {
    // A criu that was restoring it may hold its processes (ptrace), and init ends only after them.
    if (state.phase === 'creating') killOwnProcesses(rt.native, state);
    // It ends after all in its pid namespace. One that was still alive may have frozen others.
    thawOwnCgroups(rt.native, state);
  });
}

/**
 * @param help called after the signal, and again while it has no effect
 * @returns false when that process is gone
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
