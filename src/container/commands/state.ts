/** The operation `state`. */
import type { ContainerState } from '../options.js';
import type { Runtime } from '../runtime.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';

/**
 * `state`: describes a container, with its present status. Takes no lock.
 * @throws TsruncError 'not-found', or 'state' if the state file is damaged
 */
export function containerState(rt: Runtime, id: string): ContainerState {
  const state = readState(rt, id);
  const status = containerStatus(rt, state);
  const { ociVersion, bundle, rootfs, created, annotations, owner } = state;
  const pid = status === 'stopped' ? 0 : state.pid;
  return { ociVersion, id, pid, status, bundle, rootfs, created, annotations, owner };
}
