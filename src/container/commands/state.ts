/** The operation `state`. */
import type { ContainerState } from '../options.js';
import type { Runtime } from '../runtime.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';

/**
 * `state`: describes a container, with its present status. Takes no lock.
 * @throws TsruncError 'not-found', or 'state' if the state file is damaged
 */
export function containerState(rt: Runtime, id: string): ContainerState {
  return describeState(rt, readState(rt, id));
}

/** The state of a container whose state file has been read. */
export function describeState(rt: Runtime, state: StateFile): ContainerState {
  const status = containerStatus(rt, state);
  const { id, ociVersion, bundle, rootfs, created, annotations, owner } = state;
  const pid = status === 'stopped' ? 0 : state.pid;
  return { ociVersion, id, pid, status, bundle, rootfs, created, annotations, owner };
}
