import type { SystemdFacts } from './systemd/manager.js';

/** What the planner has to know of this machine: gathered once, read-only, by src/container/host-facts; input to pure functions. */
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

export interface CgroupController {
  /** e.g. cpu, memory, name=systemd. */
  name: string;
  /** Mount point of its v1 hierarchy, e.g. /sys/fs/cgroup/memory. */
  mountPoint: string;
  /** Root of that mount within the hierarchy (field 4 of mountinfo), '/' usually. */
  root: string;
  /** Our own cgroup in that hierarchy (/proc/self/cgroup). */
  self: string;
  /** False: a rootless runtime may not make cgroups where the container's would go. Undefined: it may, or is root. */
  writable?: boolean;
}

export interface CgroupHost {
  /** unified: only cgroup2 at /sys/fs/cgroup; hybrid: v1 controllers and a cgroup2 mount; legacy: v1 only; none: nothing mounted. */
  mode: 'unified' | 'hybrid' | 'legacy' | 'none';
  /** v1 hierarchies, one entry a controller (cpu,cpuacct give two with the same mountPoint). */
  controllers: CgroupController[];
  /** The cgroup2 mount, where there is one. */
  unified?: {
    mountPoint: string;
    root: string;
    self: string;
    /** cgroup.controllers of the root: what v2 can control here. */
    controllers: string[];
    /** As CgroupController.writable. */
    writable?: boolean;
  };
  /** Asked for where cgroups are made by way of systemd. */
  systemd?: SystemdFacts;
}
