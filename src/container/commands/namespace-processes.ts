/** Finds the processes of a container without a cgroup: by its pid namespace. */
import { EACCES, EPERM, ESRCH } from '../../base/errno.js';
import { isErrno } from '../../base/error.js';
import type { Native } from '../../native/native.js';

/**
 * The pids, ascending, of the processes in the pid namespace of `init`, and of those that they have started in further ones. A
 * process of another user whose namespace we may not see is not one of them: our containers' user namespaces are ours.
 */
export function namespaceProcesses(native: Native, init: number): number[] {
  // Not ours to see before `start`: until then init is undumpable (PR_SET_DUMPABLE).
  const own = pidNamespace(native, init);
  const found = new Set([init]);
  const parents = new Map<number, number>();
  for (const name of native.readDir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const pid = Number(name);
    if (own !== undefined && pidNamespace(native, pid) === own) found.add(pid);
    else parents.set(pid, native.processStat(pid)?.ppid ?? 0);
  }
  // What is in a namespace below descends from a process in this one, and orphans stay in theirs. As often as generations go.
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found].sort((a, b) => a - b);
}

/** The inode of a process's pid namespace (namespaces(7)); undefined if the process is gone, or not ours to look at. */
function pidNamespace(native: Native, pid: number): number | undefined {
  try {
    return native.stat(`/proc/${pid}/ns/pid`, true)?.ino;
  } catch (error) {
    if (isErrno(error, EACCES, EPERM, ESRCH)) return undefined;
    throw error;
  }
}
