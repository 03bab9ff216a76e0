/** Finds out which container holds a marked cgroup. */
import { TsruncError } from '../../base/error.js';
import { parseHolder } from '../../cgroup/ownership/holder.js';
import type { Runtime } from '../runtime.js';
import { isLocked } from '../state/lock.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';

/**
 * Describes the container that holds a cgroup, e.g. `the container web of /run/tsrunc, which is running`. Undefined
 * if that container is stopped or gone, so that the cgroup may be taken over.
 * @param text the holder in the cgroup's mark, possibly below another --root
 */
export function heldBy(rt: Runtime, text: string): string | undefined {
  const holder = parseHolder(text);
  if (holder === undefined) return `a container that can't be told (${text})`;
  const slash = holder.directory.lastIndexOf('/');
  const [root, id] = [holder.directory.slice(0, slash), holder.directory.slice(slash + 1)];
  const name = `the container ${id} of ${root}`;
  const there = { ...rt, root };
  let state: StateFile;
  try {
    state = readState(there, id);
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return error.code === 'not-found' ? undefined : `${name}, whose state can't be read`;
  }
  // A later container with the same id.
  if (state.cgroup.mark !== text) return undefined;
  if (isLocked(there, id, { shared: true })) return `${name}, which another command is at work on`;
  const status = containerStatus(there, state);
  return status === 'stopped' ? undefined : `${name}, which is ${status}`;
}
