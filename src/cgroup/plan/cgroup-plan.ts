import type { UnitProperty } from '../../systemd/properties.js';
import type { DeviceAccess } from './device-rules.js';

/** What is done to cgroups for a container, in order, as data. Paths are absolute in the runtime's mount namespace. */
export type CgroupOperation =
  /** mkdir -p; folders that were missing are ours and are removed when the container is deleted. */
  | { op: 'make'; path: string; from: string }
  /**
   * cgroup v2: each of these controllers on in path/cgroup.subtree_control where it isn't yet. `needed` maps a controller to
   * the field that can't do without it; the others are for statistics, and the kernel's refusal to enable them is no error.
   */
  | { op: 'enable'; path: string; controllers: string[]; needed: Record<string, string>; from: string }
  /** v1 cpuset: cpuset.cpus and cpuset.mems of path copied from the parent where empty (in each folder, from the mount down). */
  | { op: 'inherit-cpuset'; path: string; from: string }
  | CgroupWrite
  /** Device filter of a v2 cgroup: an eBPF program made of these rules (device-filter.ts). */
  | { op: 'device-filter'; path: string; rules: readonly DeviceAccess[]; from: string; mayBeRefused?: boolean }
  /** v2: the folder, and what of it may be delegated, given to this user. */
  | { op: 'own'; path: string; uid: number; from: string };

/** One write(2). */
export interface CgroupWrite {
  op: 'write';
  path: string;
  value: string;
  from: string;
  /**
   * What a missing file (or EOPNOTSUPP) means; 'error' unless given: the host can't set the field. `no-swap`: an error only on a
   * host that has swap. `warn`: a limit that kernels have given up; some still have the file, and take it without effect.
   */
  ifMissing?: 'ignore' | 'no-swap' | 'warn' | 'error';
  /** Written instead where `path` doesn't exist: the same setting in another file. */
  fallback?: { path: string; value: string };
  /**
   * The kernel refuses some orders of two dependent limits (a limit above the present limit of memory and swap, a burst
   * above the present quota): on EINVAL the next operation is done first and then this one again.
   */
  retryAfterNext?: boolean;
  /** A list of which the kernel makes what the cgroups above have as well, in `path`.effective; all that they have, if that is none. */
  effective?: boolean;
  /** EPERM and EACCES are no errors: a device rule of a rootless runtime. */
  mayBeRefused?: boolean;
}

/** The unit of systemd that a container is. */
export interface UnitPlan {
  /** e.g. tsrunc-web.scope. */
  unit: string;
  /** A scope is started with init in it; a slice takes no processes from systemd, init is put into its cgroup. */
  kind: 'scope' | 'slice';
  /** e.g. system.slice. */
  slice: string;
  /** The manager of the user has it, and not the one of the system. */
  user: boolean;
  /** All but PIDs, which is known once init is there. */
  properties: UnitProperty[];
  /** The container's v2 cgroup below the one of the unit; '' for that itself. */
  below: string;
  /** Files that the runtime writes init's pid to once the unit is there: the cgroups that systemd doesn't put it into. */
  enter: string[];
  from: string;
}

export interface CgroupPlan {
  /** none: no cgroup is made (rootless without delegation, --cgroup-manager=disabled). */
  manager: 'cgroupfs' | 'systemd' | 'none';
  /** The container's folders, one a hierarchy: the key is the v1 controllers as in /proc/self/cgroup (`cpu,cpuacct`, `name=systemd`), '' for v2. */
  paths: Record<string, string>;
  /**
   * Before init enters them: make, enable, limits; what is said of devices while init begins. With systemd: when its unit is
   * there, before init gets its plan.
   */
  operations: CgroupOperation[];
  /** v2: folder to pass to CLONE_INTO_CGROUP, '' where there's none (then, and for v1, init enters those of `join`). */
  cloneInto: string;
  /** Files that init writes itself to as its first step: `tasks` for v1, `cgroup.procs` for v2. */
  join: string[];
  /** What of the configuration will not be in force, for the log. */
  warnings: readonly { text: string; from: string }[];
  /** Where init goes from there, once its namespaces and mounts are made. */
  delegate?: DelegatePlan;
  /** With the manager systemd: what it is asked for, when init is spawned and before it gets its plan. */
  systemd?: UnitPlan;
}

/** A cgroup below the container's, which init is moved to once it has its cgroup namespace. */
export interface DelegatePlan {
  /** Before init is moved. */
  make: CgroupOperation[];
  /** File that init's pid is written to. */
  enter: string;
  /** After that: a cgroup with processes gives no controllers to those below (cgroup-v2.rst, "No Internal Process Constraint"). */
  operations: CgroupOperation[];
  from: string;
}
