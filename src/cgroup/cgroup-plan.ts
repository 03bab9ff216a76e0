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
  /** Device filter (eBPF) of a v2 cgroup. */
  | { op: 'device-filter'; path: string; program: Uint8Array; from: string }
  /** v2: the folder, and what of it may be delegated, given to this user. */
  | { op: 'own'; path: string; uid: number; from: string };

/** One write(2). */
export interface CgroupWrite {
  op: 'write';
  path: string;
  value: string;
  from: string;
  /** What a missing file (or EOPNOTSUPP) means; 'error' unless given: the host can't set the field. */
  ifMissing?: 'ignore' | 'error';
  /** Written instead where `path` doesn't exist: the same setting in another file. */
  fallback?: { path: string; value: string };
  /**
   * The kernel refuses some orders of two dependent limits (a limit above the present limit of memory and swap, a burst
   * above the present quota): on EINVAL the next operation is done first and then this one again.
   */
  retryAfterNext?: boolean;
}

export interface CgroupPlan {
  /** none: no cgroup is made (rootless without delegation, --cgroup-manager=disabled). */
  manager: 'cgroupfs' | 'none';
  /** The container's folders, one a hierarchy: the key is the v1 controllers as in /proc/self/cgroup (`cpu,cpuacct`, `name=systemd`), '' for v2. */
  paths: Record<string, string>;
  /** Before init is spawned: make, enable, limits. */
  operations: CgroupOperation[];
  /** v2: folder to pass to CLONE_INTO_CGROUP, '' where there's none (then, and for v1, init enters those of `join`). */
  cloneInto: string;
  /** Files that init writes itself to as its first step: `tasks` for v1, `cgroup.procs` for v2. */
  join: string[];
}
