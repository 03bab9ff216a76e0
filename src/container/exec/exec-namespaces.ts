import { namespaceTypes } from '../../config/namespace-types.js';
import type { Native } from '../../native/native.js';

/**
 * CLONE_NEW* of the namespaces that a process has other ones of than the runtime. Joining the own user namespace is an
 * error (EINVAL), and the others need no joining: namespaces(7).
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
