/** The cgroup files that systemd writes, and so may set back to its own values. */

/** v2. When one property of a controller is set, systemd writes all files of that controller. */
const v2Files = [
  ...['memory.min', 'memory.low', 'memory.high', 'memory.max', 'memory.swap.max', 'memory.zswap.max'],
  ...['memory.zswap.writeback', 'memory.oom.group'],
  ...['cpu.weight', 'cpu.idle', 'cpu.max', 'cpuset.cpus', 'cpuset.mems'],
  ...['io.weight', 'io.bfq.weight', 'pids.max'],
];

/** v1, by controller. The period comes before its quota because the kernel checks the quota against it. */
const v1Files: Readonly<Record<string, readonly string[]>> = {
  memory: ['memory.limit_in_bytes'],
  cpu: ['cpu.shares', 'cpu.cfs_period_us', 'cpu.cfs_quota_us'],
  cpuset: ['cpuset.cpus', 'cpuset.mems'],
  blkio: ['blkio.weight', 'blkio.bfq.weight'],
  pids: ['pids.max'],
};

/**
 * Paths of the files in a container's cgroups that systemd may overwrite when it is told of a new limit: it writes all
 * files of the controller together, with the values it knows, some of them rounded.
 * @param paths the container's directories (CgroupPlan.paths)
 */
export function filesOfSystemd(paths: Readonly<Record<string, string>>): string[] {
  return Object.entries(paths).flatMap(([key, directory]) => {
    const names = key === '' ? v2Files : key.split(',').flatMap((controller) => v1Files[controller] ?? []);
    return names.map((name) => `${directory}/${name}`);
  });
}
