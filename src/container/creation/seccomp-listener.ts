import { TsruncError } from '../../base/error.js';
import type { Seccomp } from '../../config/spec.js';
import { atField } from '../error-location.js';
import type { Runtime } from '../runtime.js';
import { type SpecStatus, specState } from '../state/spec-state.js';
import type { StateFile } from '../state/state-schema.js';

/**
 * Passes the listener of a seccomp filter to the agent at listenerPath: one message, the container process state of the
 * runtime-spec (config-linux.md "The Container Process State") with the descriptor.
 * @param fd its number in the process of `pidfd`; init itself is filtered already and could not send it.
 */
export function sendListener(
  rt: Runtime,
  profile: Seccomp,
  state: StateFile,
  process: { pid: number; pidfd: number; status: SpecStatus },
  fd: number,
): void {
  const path = profile.listenerPath;
  if (path === undefined) throw new TsruncError('internal', 'a seccomp listener without listenerPath');
  const document = {
    ociVersion: state.ociVersion,
    fds: ['seccompFd'],
    pid: process.pid,
    metadata: profile.listenerMetadata ?? '',
    state: specState(state, process.status, state.pid),
  };
  atField('/linux/seccomp/listenerPath', () => {
    const listener = rt.native.pidfdGetFd(process.pidfd, fd);
    try {
      rt.native.sendDescriptors(path, JSON.stringify(document), [listener]);
    } finally {
      rt.native.close(listener);
    }
  });
}
