/** The types of a cgroup plan: what is done to cgroups to make a container, as data. */
import type { UnitProperty } from '../../systemd/properties.js';
import type { DeviceAccess } from './device-rules.js';

/**
 * One step of what is done to cgroups for a container. Every `path` is absolute in the runtime's mount namespace; every
 * `pointer` is the pointer of the field that asks for the step, '' without one.
 */
export type CgroupOperation =
  /** Make a directory and its missing parents. Those that were missing are removed when the container is deleted. */
  | { op: 'make'; path: string; pointer: string }
  /**
   * v2: enable these controllers in path/cgroup.subtree_control. `needed` maps a controller to the field that can't be
   * set without it; the others are for statistics only, so it is no error when the kernel refuses to enable them.
   */
  | { op: 'enable'; path: string; controllers: string[]; needed: Record<string, string>; pointer: string }
  /**
   * v1: copy cpuset.cpus and cpuset.mems from the parent where they are empty, in each directory from the mount down to
   * `path`.
   */
  | { op: 'inherit-cpuset'; path: string; pointer: string }
  | CgroupWrite
  /** v2: attach an eBPF program made of these rules (device-filter.ts). */
  | { op: 'device-filter'; path: string; rules: readonly DeviceAccess[]; pointer: string; mayBeRefused?: boolean }
  /** v2: give the directory, and the files in it that may be delegated, to this user of the host (owner.ts). */
  | { op: 'own'; path: string; uid: number; pointer: string };

/** A write of one value to a file of a cgroup. */
export interface CgroupWrite {
  op: 'write';
  path: string;
  value: string;
  pointer: string;
  /**
   * What to do when the file is missing (or EOPNOTSUPP); 'error' unless given. `no-swap`: an error only on a host that
   * has swap. `warn`: for a limit that newer kernels no longer have; some still have the file but ignore what is
   * written to it.
   */
  ifMissing?: 'ignore' | 'no-swap' | 'warn' | 'error';
  /** Written instead where `path` doesn't exist: the same setting in another file. */
  fallback?: { path: string; value: string };
  /**
   * On EINVAL do the next operation first and then try this one again. The kernel checks dependent limits against each
   * other at every write (memory against memory and swap, burst against quota), so the right order depends on their
   * present values.
   */
  retryAfterNext?: boolean;
  /** A cpuset list of v2: check in `path`.effective what the kernel made of it (refuseOthers in write-limit.ts). */
  effective?: boolean;
  /** EPERM and EACCES are only warnings: for device rules of a rootless runtime. */
  mayBeRefused?: boolean;
}

/** The systemd unit of a container. */
export interface UnitPlan {
  /** For example tsrunc-web.scope. */
  unit: string;
  /**
   * A scope is started with init in it. A slice has no processes for systemd, so the runtime puts init into its cgroup.
   */
  kind: 'scope' | 'slice';
  /** The slice that the unit is in, for example system.slice. */
  slice: string;
  /** The unit belongs to the user's service manager instead of the system's. */
  user: boolean;
  /** All properties except PIDs, which is known only after init was started. */
  properties: UnitProperty[];
  /** Path of the container's v2 cgroup below the unit's, with a leading slash; '' for the unit's own. */
  below: string;
  /** The cgroup.procs files of the cgroups that systemd doesn't put init into: the runtime does once the unit exists. */
  enter: string[];
  pointer: string;
}

/** All that is done to cgroups to make a container. */
export interface CgroupPlan {
  /** none: no cgroup is made (rootless without delegation, or --cgroup-manager=disabled). */
  manager: 'cgroupfs' | 'systemd' | 'none';
  /**
   * The container's directories, one per hierarchy. The key is the controllers of a v1 hierarchy as in /proc/self/cgroup
   * (`cpu,cpuacct`, `name=systemd`), or '' for v2.
   */
  paths: Record<string, string>;
  /**
   * Done before init enters the cgroups, except device rules, which may be applied while init starts. With systemd:
   * done once the unit exists, before init gets its plan.
   */
  operations: CgroupOperation[];
  /** v2: the directory to start init in (CLONE_INTO_CGROUP); '' if it has to enter by `join`, as it always does in v1. */
  cloneInto: string;
  /** Files by which init enters its cgroups as its first step (joinFile). */
  join: string[];
  /** Parts of the configuration that have no effect, for the log. */
  warnings: readonly { text: string; pointer: string }[];
  /** The cgroup that init is moved to once its namespaces and mounts are made. */
  delegate?: DelegatePlan;
  /** With the manager systemd: the unit that is started for init, before init gets its plan. */
  systemd?: UnitPlan;
}

/** A cgroup below the container's that init is moved to once it has its cgroup namespace. */
export interface DelegatePlan {
  /** Done before init is moved. */
  make: CgroupOperation[];
  /** The cgroup.procs file that init's pid is written to. */
  enter: string;
  /**
   * Done after init was moved: a cgroup with processes can't enable controllers for those below (cgroup-v2.rst, "No
   * Internal Process Constraint").
   */
  operations: CgroupOperation[];
  pointer: string;
}
