/** The facts about the machine that the planner depends on. */
import type { CgroupHost } from '../cgroup/plan/cgroup-host.js';

/**
 * Gathered once by src/container/creation/host-facts and never changed, so that planning is a pure function of its
 * input.
 */
export interface HostFacts {
  /** Effective uid and gid of the runtime. */
  uid: number;
  gid: number;
  /** Without root's rights over the host: euid != 0, or root of a user namespace other than the initial one. */
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
  /** The names in /proc/self/ns, e.g. net. */
  namespaces: Pick<readonly string[], 'includes'>;
  /** As uname(2) has it, e.g. x86_64. */
  machine: string;
  kernel: string;
}

/**
 * Whether the runtime is root in the initial user namespace and so may use all devices of the host. The --rootless
 * option doesn't change that.
 */
export function isHostRoot({ uid, inUserNamespace }: Pick<HostFacts, 'uid' | 'inUserNamespace'>): boolean {
  return uid === 0 && !inUserNamespace;
}
