/** v2: what systemd writes whenever a property of one of the same controller is set, with its own idea of each. */
const v2Files = [
  ...['memory.min', 'memory.low', 'memory.high', 'memory.max', 'memory.swap.max', 'memory.zswap.max'],
  ...['memory.zswap.writeback', 'memory.oom.group'],
  ...['cpu.weight', 'cpu.idle', 'cpu.max', 'cpuset.cpus', 'cpuset.mems'],
  ...['io.weight', 'io.bfq.weight', 'pids.max'],
];

/** v1: by controller. A period before its quota. */
const v1Files: Readonly<Record<string, readonly string[]>> = {
  memory: ['memory.limit_in_bytes'],
  cpu: ['cpu.shares', 'cpu.cfs_period_us', 'cpu.cfs_quota_us'],
  cpuset: ['cpuset.cpus', 'cpuset.mems'],
  blkio: ['blkio.weight', 'blkio.bfq.weight'],
  pids: ['pids.max'],
};

/**
 * Paths of the files of a container's cgroups that systemd may set back to what it knows, rounded, whenever it is told of a new
 * limit (systemd.resource-control(5)): the files of a controller are written together.
 * @param paths the container's folders, by hierarchy (CgroupPlan)
 */
export function filesOfSystemd(paths: Readonly<Record<string, string>>): string[] {
  return Object.entries(paths).flatMap(([key, folder]) => {
    const names = key === '' ? v2Files : key.split(',').flatMap((controller) => v1Files[controller] ?? []);
    return names.map((name) => `${folder}/${name}`);
  });
}
