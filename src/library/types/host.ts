/** What a plan depends on besides the configuration: facts about the machine. */

/** A controller of cgroup v1, or a named hierarchy without one. */
export interface HostController {
  /** For example `cpu`, `memory`, `name=systemd`. */
  readonly name: string;
  /** Where its hierarchy is mounted, e.g. `/sys/fs/cgroup/memory`. */
  readonly mountPoint: string;
  /** Which directory of the hierarchy is mounted there, usually `/`. */
  readonly root: string;
  /** The runtime's own cgroup in that hierarchy (/proc/self/cgroup). */
  readonly self: string;
  /** Without root: whether the runtime may make cgroups where the container's would go. */
  readonly writable?: boolean;
}

/** The hierarchy of cgroup v2. */
export interface HostUnified {
  /** Where it is mounted, e.g. `/sys/fs/cgroup`. */
  readonly mountPoint: string;
  /** Which directory of the hierarchy is mounted there, usually `/`. */
  readonly root: string;
  /** The runtime's own cgroup. */
  readonly self: string;
  /** The controllers that it has; without root, those that are delegated to the runtime. */
  readonly controllers: readonly string[];
  /** Without root: whether the runtime may make cgroups where the container's would go. */
  readonly writable?: boolean;
}

/** The systemd that makes the cgroups. */
export interface HostSystemd {
  /** For example 252. */
  readonly version: number;
  /** Its cgroup, without a slash at the end: '' for the root. */
  readonly controlGroup: string;
  /** Whether it is a user's, which can't restrict devices. */
  readonly user: boolean;
}

/** The hierarchies of cgroups that a host has. */
export interface HostCgroups {
  /** `unified`: v2 alone; `hybrid`: v1 with v2 beside it; `legacy`: v1 alone; `none`: nothing is mounted. */
  readonly mode: 'unified' | 'hybrid' | 'legacy' | 'none';
  /** One entry for each controller of v1. */
  readonly controllers: readonly HostController[];
  /** The hierarchy of v2, where it is mounted. */
  readonly unified?: HostUnified;
  /** Set where systemd makes the cgroups. */
  readonly systemd?: HostSystemd;
}

/** Facts about a machine and about the runtime on it, which decide how a container is made there. */
export interface Host {
  /** Effective uid of the runtime. */
  readonly uid: number;
  /** Effective gid of the runtime. */
  readonly gid: number;
  /** The runtime has not got root's rights over the host. */
  readonly rootless: boolean;
  /** The runtime is in a user namespace other than the initial one. */
  readonly inUserNamespace: boolean;
  /** The hierarchies of cgroups. */
  readonly cgroups: HostCgroups;
  /** Number of the last capability that the kernel knows, e.g. 40 for CAP_CHECKPOINT_RESTORE. */
  readonly lastCapability: number;
  /** Names of the capabilities in the runtime's bounding set. */
  readonly boundingCapabilities: readonly string[];
  /** AppArmor is enabled. */
  readonly apparmor: boolean;
  /** SELinux is enabled. */
  readonly selinux: boolean;
  /** The kernel has /proc/kcore. */
  readonly kcore: boolean;
  /** The types of namespaces that the kernel has, by their names in /proc/self/ns. */
  readonly namespaces: readonly string[];
  /** The architecture as uname(2) has it, e.g. `x86_64`. */
  readonly machine: string;
  /** The kernel's release as uname(2) has it, e.g. `6.12.0`. */
  readonly kernel: string;
}
