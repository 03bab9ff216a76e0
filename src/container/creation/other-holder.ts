import { TsruncError } from '../../base/error.js';
import { parseHolder } from '../../cgroup/ownership/holder.js';
import type { Runtime } from '../runtime.js';
import { isLocked } from '../state/lock.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';

/**
 * For a cgroup that is marked as a container's: who that is, when it still holds the cgroup (`the container web of /run/tsrunc, which is
 * running`). Undefined when it is stopped, or gone: then the cgroup may be taken over.
 * @param text the mark's holder, maybe of another --root
 */
export function heldBy(rt: Runtime, text: string): string | undefined {
  const holder = parseHolder(text);
  if (holder === undefined) return `a container that can't be told (${text})`;
  const slash = holder.folder.lastIndexOf('/');
  const [root, id] = [holder.folder.slice(0, slash), holder.folder.slice(slash + 1)];
  const name = `the container ${id} of ${root}`;
  const there = { ...rt, root };
  let state: StateFile;
  try {
    state = readState(there, id);
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return error.code === 'not-found' ? undefined : `${name}, whose state can't be read`;
  }
  // Another one, that has got the id since.
  if (state.cgroup.mark !== text) return undefined;
  if (isLocked(there, id, { shared: true })) return `${name}, which another command is at work on`;
  const status = containerStatus(there, state);
  return status === 'stopped' ? undefined : `${name}, which is ${status}`;
}
