/** The state of a container as the runtime-spec defines it, for hooks and seccomp agents. */
import type { StateFile } from './state-schema.js';

/** The status values of the runtime-spec; `paused` isn't one of them. */
export type SpecStatus = 'creating' | 'created' | 'running' | 'stopped';

/**
 * The state document (runtime.md, "State").
 * @param pid of init; 0 leaves the field out, as there is no process
 */
export function specState(state: StateFile, status: SpecStatus, pid: number): Record<string, unknown> {
  return {
    ociVersion: state.ociVersion,
    id: state.id,
    status,
    ...(pid > 0 && { pid }),
    bundle: state.bundle,
    ...(Object.keys(state.annotations).length > 0 && { annotations: state.annotations }),
  };
}
