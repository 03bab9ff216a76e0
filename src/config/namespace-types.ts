/** The types of namespaces, under the names that the specification and the kernel have for them. */
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
import type { NamespaceType } from './spec.js';

/** A type of namespace: its CLONE_NEW* flag, what the kernel calls that, and its name in /proc/PID/ns (namespaces(7)). */
interface KernelNamespace {
  flag: number;
  name: string;
  file: string;
}

/** By what the specification calls each type, in the order in which explain names them. */
export const namespaceTypes: Readonly<Record<NamespaceType, KernelNamespace>> = {
  user: { flag: CLONE_NEWUSER, name: 'CLONE_NEWUSER', file: 'user' },
  pid: { flag: CLONE_NEWPID, name: 'CLONE_NEWPID', file: 'pid' },
  network: { flag: CLONE_NEWNET, name: 'CLONE_NEWNET', file: 'net' },
  mount: { flag: CLONE_NEWNS, name: 'CLONE_NEWNS', file: 'mnt' },
  ipc: { flag: CLONE_NEWIPC, name: 'CLONE_NEWIPC', file: 'ipc' },
  uts: { flag: CLONE_NEWUTS, name: 'CLONE_NEWUTS', file: 'uts' },
  cgroup: { flag: CLONE_NEWCGROUP, name: 'CLONE_NEWCGROUP', file: 'cgroup' },
  time: { flag: CLONE_NEWTIME, name: 'CLONE_NEWTIME', file: 'time' },
};
