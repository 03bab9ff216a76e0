/** What a runtime can do, as its command `features` tells it. */

/** Says whether a runtime knows something at all; it says nothing about the host. */
export interface FeatureSwitch {
  /** The runtime knows it. */
  readonly enabled?: boolean;
}

/** What a runtime knows of control groups (features-linux.md, Cgroup). */
export interface CgroupFeatures {
  /** Version 1, each hierarchy mounted on its own. */
  readonly v1?: boolean;
  /** Version 2, the unified hierarchy. */
  readonly v2?: boolean;
  /** Cgroups that the system's systemd makes. */
  readonly systemd?: boolean;
  /** Cgroups that a user's systemd makes. */
  readonly systemdUser?: boolean;
  /** The controller rdma. */
  readonly rdma?: boolean;
}

/** What a runtime knows of seccomp (features-linux.md, Seccomp). */
export interface SeccompFeatures extends FeatureSwitch {
  /** Names of actions, e.g. `SCMP_ACT_ERRNO`. */
  readonly actions?: readonly string[];
  /** Names of comparisons, e.g. `SCMP_CMP_EQ`. */
  readonly operators?: readonly string[];
  /** Names of architectures, e.g. `SCMP_ARCH_X86_64`. */
  readonly archs?: readonly string[];
  /** Names of the flags that the runtime knows. */
  readonly knownFlags?: readonly string[];
  /** Of the known flags those that the running kernel and libseccomp have. */
  readonly supportedFlags?: readonly string[];
}

/** What a runtime knows of Intel RDT (features-linux.md, Intel RDT). */
export interface IntelRdtFeatures extends FeatureSwitch {
  /** The field `linux.intelRdt.schemata`. */
  readonly schemata?: boolean;
  /** The field `linux.intelRdt.enableMonitoring`. */
  readonly monitoring?: boolean;
}

/** What a runtime knows of NUMA memory policies (features-linux.md, Memory policy). */
export interface MemoryPolicyFeatures {
  /** Names of modes, e.g. `MPOL_BIND`. */
  readonly modes?: readonly string[];
  /** Names of mode flags, e.g. `MPOL_F_STATIC_NODES`. */
  readonly flags?: readonly string[];
}

/** What a runtime can add to mounts (features-linux.md, Mount extensions). */
export interface MountExtensions {
  /** Mounts with an id map of their own: `uidMappings` and `gidMappings` of a mount. */
  readonly idmap?: FeatureSwitch;
}

/** What a runtime can do on Linux (runtime-spec, features-linux.md). */
export interface LinuxFeatures {
  /** Names of the types of namespaces, as `linux.namespaces[].type` has them. */
  readonly namespaces?: readonly string[];
  /** Names of capabilities, e.g. `CAP_CHOWN`. */
  readonly capabilities?: readonly string[];
  /** Control groups. */
  readonly cgroup?: CgroupFeatures;
  /** System call filters. */
  readonly seccomp?: SeccompFeatures;
  /** Profiles of AppArmor. */
  readonly apparmor?: FeatureSwitch;
  /** Labels of SELinux. */
  readonly selinux?: FeatureSwitch;
  /** Shares of caches and memory bandwidth. */
  readonly intelRdt?: IntelRdtFeatures;
  /** NUMA memory policies. */
  readonly memoryPolicy?: MemoryPolicyFeatures;
  /** Additions to mounts. */
  readonly mountExtensions?: MountExtensions;
  /** Network interfaces that are moved into the container. */
  readonly netDevices?: FeatureSwitch;
}

/** What a runtime can do (runtime-spec, features.md). A member that is left out is not known, which is not the same as no. */
export interface Features {
  /** The oldest version of the runtime-spec that is accepted in `ociVersion`. */
  readonly ociVersionMin: string;
  /** The newest version of the runtime-spec that is accepted in `ociVersion`. */
  readonly ociVersionMax: string;
  /** Names of hooks, e.g. `createRuntime`. */
  readonly hooks?: readonly string[];
  /** Options of mounts that the runtime itself knows, e.g. `rro`. Others go to the file system. */
  readonly mountOptions?: readonly string[];
  /** What it can do on Linux. */
  readonly linux?: LinuxFeatures;
  /** Further facts, by names of the runtime's own. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Annotations of a configuration that reach beyond the container: names, or prefixes that end with a dot. */
  readonly potentiallyUnsafeConfigAnnotations?: readonly string[];
}
