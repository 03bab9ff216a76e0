import { TsruncError } from '../error.js';
import { POLLIN } from '../native/flags.js';
import { SIGKILL } from '../native/signals.js';
import { openProcess } from './alive.js';
import { checkContainerId } from './container-id.js';
import { destroyContainer, killOwnCgroups } from './destroy.js';
import { signalInit } from './kill.js';
import { removeLeftovers } from './leftovers.js';
import { lockExclusive, takeLock } from './lock.js';
import type { Runtime } from './runtime.js';
import type { StateFile } from './state-schema.js';
import { folderExists, notFound, readState, removeState } from './state-store.js';
import { containerStatus } from './status.js';

/** How long a killed init may take to end: it has to tear down its pid namespace first. */
const END_TIMEOUT = 10_000;

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
  // Asked before the lock is waited for: the command that holds it may be a `create` that takes its time.
  refuseUnlessStopped(rt, id, false);
  const lock = lockExclusive(rt, id);
  try {
    const state = refuseUnlessStopped(rt, id, true);
    // What a killed `create` left behind may still live.
    if (state.phase === 'creating') endInit(rt, state);
    destroyContainer(rt, state, true);
  } finally {
    lock.release();
  }
}

function refuseUnlessStopped(rt: Runtime, id: string, locked: boolean): StateFile {
  const state = locked ? readState(rt, id) : readStateOrClean(rt, id);
  const status = containerStatus(rt, state, locked);
  if (status !== 'stopped') {
    throw new TsruncError('state', `cannot delete container ${id} that is not stopped: ${status}`, {
      hint: `\`kill ${id} KILL\` ends it, \`delete --force ${id}\` ends and removes it`,
    });
  }
  return state;
}

/** A folder without a state file is a stray one: it is removed, and the container doesn't exist all the same. */
function readStateOrClean(rt: Runtime, id: string): StateFile {
  try {
    return readState(rt, id);
  } catch (error) {
    if (error instanceof TsruncError && error.code === 'not-found') removeStray(rt, id);
    throw error;
  }
}

function removeStray(rt: Runtime, id: string): void {
  const lock = lockExclusive(rt, id);
  try {
    // Under the lock there's no `create` that has only just made the folder.
    if (readIfSound(rt, id) === 'missing') removeState(rt, id);
  } finally {
    lock.release();
  }
}

function forceDelete(rt: Runtime, id: string): void {
  // The command that holds the lock may wait for this very container.
  const before = readIfSound(rt, id);
  if (typeof before !== 'string') signalInit(rt, before, SIGKILL);
  const lock = takeLock(rt, id);
  try {
    const state = readIfSound(rt, id);
    if (typeof state === 'string') {
      if (state === 'damaged') removeLeftovers(rt, id);
      else removeState(rt, id);
      return;
    }
    endInit(rt, state);
    destroyContainer(rt, state, true);
  } finally {
    lock.release();
  }
}

/** The state, or what is wrong with its file. */
function readIfSound(rt: Runtime, id: string): StateFile | 'missing' | 'damaged' {
  try {
    return readState(rt, id);
  } catch (error) {
    if (error instanceof TsruncError && error.code === 'not-found') return 'missing';
    if (error instanceof TsruncError && error.code === 'state') return 'damaged';
    throw error;
  }
}

/** SIGKILL to init, and waits for its end. */
function endInit(rt: Runtime, state: StateFile): void {
  const pidfd = openProcess(rt.native, state);
  if (pidfd === null) return;
  try {
    signalInit(rt, state, SIGKILL);
    // A criu that was restoring it may hold its processes (ptrace), and init ends only after them.
    if (state.phase === 'creating') killOwnCgroups(rt.native, state);
    if (rt.native.poll([pidfd], [POLLIN], END_TIMEOUT)[0] === 0) {
      throw new TsruncError(
        'system',
        `container ${state.id}: its init, process ${state.pid}, does not end after SIGKILL`,
        {
          hint: 'it hangs in the kernel, for example on a network file system; try again when that is over',
        },
      );
    }
  } finally {
    rt.native.close(pidfd);
  }
}
