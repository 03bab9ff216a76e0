/** Finds the namespaces of a container that a process has to join. */
import { namespaceTypes } from '../../config/namespace-types.js';
import type { Native } from '../../native/native.js';

/**
 * CLONE_NEW* of the types of which a process is in another namespace than the runtime. The others must be left out:
 * setns(2) into the caller's own user namespace fails with EINVAL.
 */
export function otherNamespaces(native: Native, pid: number): number {
  let flags = 0;
  for (const { flag, file } of Object.values(namespaceTypes)) {
    const theirs = native.stat(`/proc/${pid}/ns/${file}`, true);
    const ours = native.stat(`/proc/self/ns/${file}`, true);
    if (theirs === null || ours === null) continue;
    if (theirs.ino !== ours.ino || theirs.dev !== ours.dev) flags |= flag;
  }
  return flags;
}
