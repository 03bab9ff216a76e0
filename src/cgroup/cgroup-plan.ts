/** What is done to cgroups for a container, in order, as data. Paths are absolute in the runtime's mount namespace. */
export type CgroupOperation =
  /** mkdir -p; folders that were missing are ours and are removed when the container is deleted. */
  | { op: 'make'; path: string; from: string }
  /** cgroup v2: each of these controllers on in path/cgroup.subtree_control where it isn't yet. */
  | { op: 'enable'; path: string; controllers: string[]; from: string }
  /** v1 cpuset: cpuset.cpus and cpuset.mems of path copied from the parent where empty. */
  | { op: 'inherit-cpuset'; path: string; from: string }
  /**
   * One write(2). `values` are tried in order until one is taken (fallbacks for older kernels); when: 'differs' reads the file
   * first and writes only if it holds something else. `ifMissing`: what a missing file means.
   */
  | { op: 'write'; path: string; value: string; from: string; ifMissing?: 'ignore' | 'error' }
  /** Device filter (eBPF) of a v2 cgroup. */
  | { op: 'device-filter'; path: string; program: Uint8Array; from: string };

export interface CgroupPlan {
  /** none: no cgroup is made (rootless without delegation, --cgroup-manager=disabled). */
  manager: 'cgroupfs' | 'none';
  /** The container's folders: one a v1 hierarchy ('' is the key of v2). Deduplicated mount points. */
  paths: Record<string, string>;
  /** Before init is spawned: make, enable, limits. */
  operations: CgroupOperation[];
  /** v2: folder to pass to CLONE_INTO_CGROUP, '' where there's none (then, and for v1, init's pid is written to `join`). */
  cloneInto: string;
  /** cgroup.procs files that init's pid is written to before it gets the plan. */
  join: string[];
}
