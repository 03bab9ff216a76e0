/** The statistics of a container as `events` prints them: with runc's keys in runc's order, and without what runc leaves out. */
import type { BlkioEntry, CgroupStats, MemoryEntry, Pressure } from '../cgroup/stat-types.js';
import type { Int } from '../config/spec.js';
import type { ContainerStats } from '../container/commands/events.js';
import type { IntelRdtStats } from '../container/resctrl/intel-rdt-stats.js';

type Document = Record<string, unknown>;

/** The number, or undefined for 0: runc leaves such members out. */
const some = (value: Int | undefined): Int | undefined => (value ? value : undefined);
const list = <T>(values: readonly T[] | undefined): readonly T[] | undefined => (values?.length ? values : undefined);
const text = (value: string): string | undefined => value || undefined;
/** The entries of a map, sorted by key: the order in which Go prints a map as JSON. */
const sorted = <T>(map: ReadonlyMap<string, T>): [string, T][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

/** The member `data` of a stats event. writeJson leaves out its members that are undefined. */
export function statsDocument({ cgroup, intelRdt, interfaces }: ContainerStats): Document {
  return {
    cpu: cpuDocument(cgroup.cpu),
    cpuset: cpusetDocument(cgroup.cpuset),
    memory: memoryDocument(cgroup.memory),
    pids: { current: some(cgroup.pids.current), limit: some(cgroup.pids.limit) },
    blkio: blkioDocument(cgroup.blkio),
    hugetlb: Object.fromEntries(
      sorted(cgroup.hugetlb).map(([size, { usage, max, failcnt }]) => [
        size,
        { usage: some(usage), max: some(max), failcnt },
      ]),
    ),
    intel_rdt: intelRdt ? intelRdtDocument(intelRdt) : {},
    network_interfaces: interfaces.length === 0 ? null : interfaces.map(capitalised),
  };
}

function cpuDocument({ usage, throttling, pressure }: CgroupStats['cpu']): Document {
  return {
    usage: {
      total: some(usage.total),
      percpu: list(usage.percpu),
      percpu_kernel: list(usage.percpuKernel),
      percpu_user: list(usage.percpuUser),
      kernel: usage.kernel,
      user: usage.user,
    },
    throttling: {
      periods: some(throttling.periods),
      throttledPeriods: some(throttling.throttledPeriods),
      throttledTime: some(throttling.throttledTime),
    },
    psi: pressureDocument(pressure),
  };
}

function cpusetDocument({ cpus, mems, flags }: CgroupStats['cpuset']): Document {
  const flag = (name: string): Int => flags[name] ?? 0;
  return {
    cpus: list(cpus),
    cpu_exclusive: flag('cpu_exclusive'),
    mems: list(mems),
    mem_hardwall: flag('mem_hardwall'),
    mem_exclusive: flag('mem_exclusive'),
    memory_migrate: flag('memory_migrate'),
    memory_spread_page: flag('memory_spread_page'),
    memory_spread_slab: flag('memory_spread_slab'),
    memory_pressure: flag('memory_pressure'),
    sched_load_balance: flag('sched_load_balance'),
    sched_relax_domain_level: flag('sched_relax_domain_level'),
  };
}

function memoryDocument(memory: CgroupStats['memory']): Document {
  const entry = ({ limit, usage, max, failcnt }: MemoryEntry) => ({
    limit,
    usage: some(usage),
    max: some(max),
    failcnt,
  });
  return {
    cache: some(memory.cache),
    usage: entry(memory.usage),
    swap: entry(memory.swap),
    kernel: entry(memory.kernel),
    kernelTCP: entry(memory.kernelTCP),
    raw: memory.raw.size > 0 ? Object.fromEntries(sorted(memory.raw)) : undefined,
    psi: pressureDocument(memory.pressure),
  };
}

function blkioDocument(blkio: CgroupStats['blkio']): Document {
  const table = (entries: readonly BlkioEntry[] | undefined) =>
    list(entries)?.map(({ major, minor, op, value }) => ({
      major: some(major),
      minor: some(minor),
      op: text(op),
      value: some(value),
    }));
  return {
    ioServiceBytesRecursive: table(blkio.serviceBytes),
    ioServicedRecursive: table(blkio.serviced),
    ioQueueRecursive: table(blkio.queued),
    ioServiceTimeRecursive: table(blkio.serviceTime),
    ioWaitTimeRecursive: table(blkio.waitTime),
    ioMergedRecursive: table(blkio.merged),
    ioTimeRecursive: table(blkio.time),
    sectorsRecursive: table(blkio.sectors),
    psi: pressureDocument(blkio.pressure),
  };
}

function pressureDocument(pressure: Pressure | undefined): Document | undefined {
  return pressure && { some: pressure.some, full: pressure.full };
}

function intelRdtDocument({ l3, memBw, mbm, cmt }: IntelRdtStats): Document {
  return {
    l3_cache_info: l3 && {
      cbm_mask: text(l3.cbmMask),
      min_cbm_bits: some(l3.minCbmBits),
      num_closids: some(l3.numClosids),
    },
    l3_cache_schema_root: l3 && text(l3.schemaRoot),
    l3_cache_schema: l3 && text(l3.schema),
    mem_bw_info: memBw && {
      bandwidth_gran: some(memBw.bandwidthGran),
      delay_linear: some(memBw.delayLinear),
      min_bandwidth: some(memBw.minBandwidth),
      num_closids: some(memBw.numClosids),
    },
    mem_bw_schema_root: memBw && text(memBw.schemaRoot),
    mem_bw_schema: memBw && text(memBw.schema),
    mbm_stats: mbm?.map(({ total, local }) => ({ mbm_total_bytes: some(total), mbm_local_bytes: some(local) })),
    cmt_stats: cmt?.map(({ llcOccupancy }) => ({ llc_occupancy: some(llcOccupancy) })),
  };
}

/** The counters of an interface as Name, RxBytes and so on: runc prints this struct under the names of its fields in Go. */
function capitalised(counters: object): Document {
  return Object.fromEntries(
    Object.entries(counters).map(([name, value]) => [name[0]!.toUpperCase() + name.slice(1), value]),
  );
}
