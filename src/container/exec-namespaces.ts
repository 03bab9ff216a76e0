import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
} from '../native/flags.js';
import type { Native } from '../native/native.js';

/** Names in /proc/PID/ns of what setns(2) of a pidfd can join. */
const files: Readonly<Record<string, number>> = {
  user: CLONE_NEWUSER,
  cgroup: CLONE_NEWCGROUP,
  ipc: CLONE_NEWIPC,
  net: CLONE_NEWNET,
  pid: CLONE_NEWPID,
  time: CLONE_NEWTIME,
  uts: CLONE_NEWUTS,
  mnt: CLONE_NEWNS,
};

/**
 * CLONE_NEW* of the namespaces that a process has other ones of than the runtime. Joining the own user namespace is an
 * error (EINVAL), and the others need no joining: namespaces(7).
 */
export function otherNamespaces(native: Native, pid: number): number {
  let flags = 0;
  for (const name in files) {
    const theirs = native.stat(`/proc/${pid}/ns/${name}`, true);
    const ours = native.stat(`/proc/self/ns/${name}`, true);
    if (theirs === null || ours === null) continue;
    if (theirs.ino !== ours.ino || theirs.dev !== ours.dev) flags |= files[name] as number;
  }
  return flags;
}
