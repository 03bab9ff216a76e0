import type { StateFile } from './state-schema.js';

/** The status values of the runtime-spec that hooks and seccomp agents may see. */
export type SpecStatus = 'creating' | 'created' | 'running' | 'stopped';

/** The state document of the runtime-spec (config.md "State"); the pid is left out when there's no process. */
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
