/** Collects a container's statistics from the files of its cgroups, in the same shape for both versions of cgroups. */
import type { Native } from '../native/native.js';
import { statCpuset } from './cpuset.js';
import { statHugetlb } from './hugetlb.js';
import { statPids } from './pids.js';
import { byController } from './plan/path.js';
import type { CgroupStats, CpuThrottling, CpuUsage, MemoryEntry, MemoryStats } from './stat-types.js';
import { statBlkio } from './v1/blkio.js';
import { statCpuacct, statCpuThrottling } from './v1/cpu.js';
import { statMemory as statMemoryV1 } from './v1/memory.js';
import { statCpu } from './v2/cpu.js';
import { statIo } from './v2/io.js';
import { statMemory } from './v2/memory.js';
import { statPressure } from './v2/pressure.js';

const noUsage: CpuUsage = { total: 0, percpu: [], percpuKernel: [], percpuUser: [], kernel: 0, user: 0 };
const noThrottling: CpuThrottling = { periods: 0, throttledPeriods: 0, throttledTime: 0 };

/**
 * The statistics of a container. On a hybrid host each controller is read in the hierarchy that has it. Numbers that no
 * controller provides are 0, lists are empty.
 * @param paths the container's directories (CgroupPlan.paths)
 * @throws TsruncError 'system' for a file that exists but can't be read
 */
export function cgroupStats(native: Native, paths: Readonly<Record<string, string>>): CgroupStats {
  const v1 = byController(paths);
  const v2 = paths[''];
  /**
   * Calls `first` if the controller has a v1 directory, else `second` with the v2 directory; undefined without either.
   */
  const ask = <T>(
    controller: string,
    first: (native: Native, directory: string) => T,
    second: (native: Native, directory: string) => T,
  ): T | undefined => {
    const directory = v1[controller];
    if (directory !== undefined) return first(native, directory);
    return v2 === undefined ? undefined : second(native, v2);
  };
  const pressure = (resource: 'cpu' | 'memory' | 'io') =>
    v2 === undefined ? undefined : statPressure(native, v2, resource);

  const cpu = ask('cpu', () => undefined, statCpu);
  const usage = ask('cpuacct', statCpuacct, () => cpu?.usage);
  const throttling = ask('cpu', statCpuThrottling, () => cpu?.throttling);
  return {
    cpu: { usage: usage ?? noUsage, throttling: throttling ?? noThrottling, pressure: pressure('cpu') },
    cpuset: ask('cpuset', statCpuset, statCpuset) ?? { cpus: [], mems: [], flags: {} },
    memory: {
      ...(ask('memory', statMemoryV1, statMemory) ?? noMemory()),
      pressure: pressure('memory'),
    },
    pids: ask('pids', statPids, statPids) ?? { current: 0, limit: 0 },
    blkio: { ...ask('blkio', statBlkio, statIo), pressure: pressure('io') },
    hugetlb: ask('hugetlb', statHugetlb, statHugetlb) ?? new Map(),
  };
}

function noMemory(): MemoryStats {
  const none: MemoryEntry = { limit: 0, usage: 0, max: 0, failcnt: 0 };
  return { cache: 0, usage: none, swap: none, kernel: none, kernelTCP: none, raw: new Map() };
}
