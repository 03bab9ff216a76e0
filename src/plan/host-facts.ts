import type { CgroupHost } from '../cgroup/plan/cgroup-host.js';

/** What the planner has to know of this machine: gathered once, read-only, by src/container/creation/host-facts; input to pure functions. */
export interface HostFacts {
  /** Effective uid and gid of the runtime. */
  uid: number;
  gid: number;
  /** Not the host's real root: euid != 0, or root of a user namespace other than the initial one. */
  rootless: boolean;
  /** Inside a user namespace other than the initial one (from /proc/self/uid_map). */
  inUserNamespace: boolean;
  cgroup: CgroupHost;
  /** Number of the last capability the kernel knows. */
  lastCapability: number;
  /** Capabilities the runtime itself holds in its bounding set, as a bit mask. */
  boundingCapabilities: bigint;
  apparmor: boolean;
  selinux: boolean;
  /** The kernel has /proc/kcore (CONFIG_PROC_KCORE). */
  kcore: boolean;
  /** Types in /proc/self/ns. */
  namespaces: string[];
  /** e.g. x86_64. */
  machine: string;
  kernel: string;
}

/** Root of the host, in whose reach all of its devices are: whether --rootless says so or not. */
export function isHostRoot({ uid, inUserNamespace }: Pick<HostFacts, 'uid' | 'inUserNamespace'>): boolean {
  return uid === 0 && !inUserNamespace;
}
