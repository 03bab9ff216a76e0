/** Sends the listener of a seccomp filter to the agent that decides about system calls. */
import { TsruncError } from '../../base/error.js';
import type { PlannedFilter } from '../../plan/plan.js';
import { atField } from '../error-location.js';
import type { Runtime } from '../runtime.js';
import { type SpecStatus, specState } from '../state/spec-state.js';
import type { StateFile } from '../state/state-schema.js';

/**
 * Sends the listener to the agent's socket at listenerPath: one message with the container process state
 * (config-linux.md, "The Container Process State") and the descriptor. Init couldn't send it, as the filter already
 * applies to it.
 * @param filter the plan's filter, which init has loaded
 * @param fd number of the listener's descriptor in the process of `pidfd`
 * @throws TsruncError with the pointer of listenerPath
 */
export function sendListener(
  rt: Runtime,
  filter: PlannedFilter | undefined,
  state: StateFile,
  process: { pid: number; pidfd: number; status: SpecStatus },
  fd: number,
): void {
  const profile = filter?.profile;
  const path = profile?.listenerPath;
  if (profile === undefined || path === undefined)
    throw new TsruncError('internal', 'a seccomp listener without listenerPath');
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
