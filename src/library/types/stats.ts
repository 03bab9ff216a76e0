/** The statistics of a container, as `events` of a runtime tells them: with the names and the units of runc. */
import type { Int } from '../../config/spec.js';

/** CPU time in nanoseconds; the lists have an entry for each CPU. */
export interface CpuUsage {
  /** All of it. */
  readonly total?: Int;
  /** For each CPU; none with cgroup v2. */
  readonly percpu?: readonly Int[];
  /** Of it within the kernel, for each CPU; none with cgroup v2. */
  readonly percpu_kernel?: readonly Int[];
  /** Of it in programs, for each CPU; none with cgroup v2. */
  readonly percpu_user?: readonly Int[];
  /** Of it within the kernel. */
  readonly kernel: Int;
  /** Of it in programs. */
  readonly user: Int;
}

/** How the CPU quota held the container back. */
export interface CpuThrottling {
  /** How many periods have passed. */
  readonly periods?: Int;
  /** In how many of them the quota was used up. */
  readonly throttledPeriods?: Int;
  /** How long processes had to wait for the next period, in nanoseconds. */
  readonly throttledTime?: Int;
}

/** One line of a pressure file: shares of time in percent, and the total (the kernel's accounting/psi.rst). */
export interface PressureLine {
  /** Percent of the last 10 seconds. */
  readonly avg10: number;
  /** Percent of the last minute. */
  readonly avg60: number;
  /** Percent of the last five minutes. */
  readonly avg300: number;
  /** Microseconds since the cgroup was made. */
  readonly total: Int;
}

/** Time in which processes had to wait for a resource. */
export interface Pressure {
  /** At least one had to wait. */
  readonly some: PressureLine;
  /** All of them had to wait. */
  readonly full: PressureLine;
}

/** Use of the CPUs. */
export interface CpuStats {
  /** Time spent. */
  readonly usage?: CpuUsage;
  /** What the quota did. */
  readonly throttling?: CpuThrottling;
  /** Time waited for a CPU; none where the kernel doesn't measure it. */
  readonly psi?: Pressure;
}

/** The CPUs and memory nodes that the container may use, and flags of cgroup v1. */
export interface CpusetStats {
  /** Numbers of CPUs. */
  readonly cpus?: readonly number[];
  /** Numbers of memory nodes. */
  readonly mems?: readonly number[];
  /** `cpuset.cpu_exclusive` of cgroup v1. */
  readonly cpu_exclusive: Int;
  /** `cpuset.mem_hardwall` of cgroup v1. */
  readonly mem_hardwall: Int;
  /** `cpuset.mem_exclusive` of cgroup v1. */
  readonly mem_exclusive: Int;
  /** `cpuset.memory_migrate` of cgroup v1. */
  readonly memory_migrate: Int;
  /** `cpuset.memory_spread_page` of cgroup v1. */
  readonly memory_spread_page: Int;
  /** `cpuset.memory_spread_slab` of cgroup v1. */
  readonly memory_spread_slab: Int;
  /** `cpuset.memory_pressure` of cgroup v1. */
  readonly memory_pressure: Int;
  /** `cpuset.sched_load_balance` of cgroup v1. */
  readonly sched_load_balance: Int;
  /** `cpuset.sched_relax_domain_level` of cgroup v1. */
  readonly sched_relax_domain_level: Int;
}

/** One kind of memory, in bytes. */
export interface MemoryEntry {
  /** The limit; an unlimited one is a number near 2^63 or 2^64, as the kernel and the runtime have it. */
  readonly limit: Int;
  /** What is used now. */
  readonly usage?: Int;
  /** The most that was used. */
  readonly max?: Int;
  /** How often the limit was hit. */
  readonly failcnt: Int;
}

/** Use of memory, in bytes. */
export interface MemoryStats {
  /** Cached pages of files. */
  readonly cache?: Int;
  /** Memory without swap. */
  readonly usage?: MemoryEntry;
  /** Memory and swap together. */
  readonly swap?: MemoryEntry;
  /** The kernel's memory for the container. */
  readonly kernel?: MemoryEntry;
  /** The kernel's buffers for TCP. */
  readonly kernelTCP?: MemoryEntry;
  /** The file memory.stat, by the kernel's names. */
  readonly raw?: Readonly<Record<string, Int>>;
  /** Time waited for memory; none where the kernel doesn't measure it. */
  readonly psi?: Pressure;
}

/** Numbers of tasks. */
export interface PidsStats {
  /** How many there are. */
  readonly current?: Int;
  /** How many there may be; none without a limit. */
  readonly limit?: Int;
}

/** One number about a block device. */
export interface BlkioEntry {
  /** Major number of the device; left out when it is 0. */
  readonly major?: Int;
  /** Minor number of the device; left out when it is 0. */
  readonly minor?: Int;
  /** `Read`, `Write`, `Total` and so on; left out in tables without operations. */
  readonly op?: string;
  /** The number; left out when it is 0. */
  readonly value?: Int;
}

/** Use of block devices. A table without entries is left out. */
export interface BlkioStats {
  /** Bytes transferred. */
  readonly ioServiceBytesRecursive?: readonly BlkioEntry[];
  /** Operations done. */
  readonly ioServicedRecursive?: readonly BlkioEntry[];
  /** Operations waiting now. */
  readonly ioQueueRecursive?: readonly BlkioEntry[];
  /** Nanoseconds from sending an operation to the device to its end. */
  readonly ioServiceTimeRecursive?: readonly BlkioEntry[];
  /** Nanoseconds that operations waited for the device. */
  readonly ioWaitTimeRecursive?: readonly BlkioEntry[];
  /** Operations that became part of another. */
  readonly ioMergedRecursive?: readonly BlkioEntry[];
  /** Milliseconds that the device was used. */
  readonly ioTimeRecursive?: readonly BlkioEntry[];
  /** Sectors transferred. */
  readonly sectorsRecursive?: readonly BlkioEntry[];
  /** Time waited for devices; none where the kernel doesn't measure it. */
  readonly psi?: Pressure;
}

/** Use of huge pages of one size, in bytes. */
export interface HugetlbEntry {
  /** What is used now. */
  readonly usage?: Int;
  /** The most that was used. */
  readonly max?: Int;
  /** How often the limit was hit. */
  readonly failcnt: Int;
}

/** What the processor offers for cache allocation. */
export interface L3CacheInfo {
  /** The bits of a mask of the cache, in hexadecimal. */
  readonly cbm_mask?: string;
  /** The fewest bits that a mask must have. */
  readonly min_cbm_bits?: Int;
  /** How many classes of service there can be. */
  readonly num_closids?: Int;
}

/** What the processor offers for memory bandwidth allocation. */
export interface MemoryBandwidthInfo {
  /** Granularity, in percent. */
  readonly bandwidth_gran?: Int;
  /** Whether throttling is linear: 1 if so. */
  readonly delay_linear?: Int;
  /** The least bandwidth that can be given, in percent. */
  readonly min_bandwidth?: Int;
  /** How many classes of service there can be. */
  readonly num_closids?: Int;
}

/** Memory bandwidth used in one domain, in bytes. */
export interface MemoryBandwidthMonitor {
  /** All of it. */
  readonly mbm_total_bytes?: Int;
  /** Of it to the domain's own memory. */
  readonly mbm_local_bytes?: Int;
}

/** Cache used in one domain. */
export interface CacheMonitor {
  /** Bytes of the last-level cache. */
  readonly llc_occupancy?: Int;
}

/** Use of the processor's cache and memory bandwidth (the kernel's filesystems/resctrl.rst). */
export interface IntelRdtStats {
  /** What the processor offers for the cache. */
  readonly l3_cache_info?: L3CacheInfo;
  /** The line L3 of the root's schemata. */
  readonly l3_cache_schema_root?: string;
  /** The line L3 of the container's schemata. */
  readonly l3_cache_schema?: string;
  /** What the processor offers for memory bandwidth. */
  readonly mem_bw_info?: MemoryBandwidthInfo;
  /** The line MB of the root's schemata. */
  readonly mem_bw_schema_root?: string;
  /** The line MB of the container's schemata. */
  readonly mem_bw_schema?: string;
  /** Memory bandwidth used, for each domain. */
  readonly mbm_stats?: readonly MemoryBandwidthMonitor[];
  /** Cache used, for each domain. */
  readonly cmt_stats?: readonly CacheMonitor[];
}

/** Counters of one network interface since it was made. Rx: received, Tx: sent. */
export interface NetworkInterfaceStats {
  /** Its name in the container. */
  readonly Name: string;
  /** Bytes received. */
  readonly RxBytes: Int;
  /** Packets received. */
  readonly RxPackets: Int;
  /** Errors while receiving. */
  readonly RxErrors: Int;
  /** Packets that were received and dropped. */
  readonly RxDropped: Int;
  /** Bytes sent. */
  readonly TxBytes: Int;
  /** Packets sent. */
  readonly TxPackets: Int;
  /** Errors while sending. */
  readonly TxErrors: Int;
  /** Packets that were to be sent and were dropped. */
  readonly TxDropped: Int;
}

/**
 * The statistics of a container at one moment: what `events --stats` prints as `data`. Runtimes leave out most numbers that are 0, so
 * a missing one is 0 or isn't measured.
 */
export interface ContainerStats {
  /** Use of the CPUs. */
  readonly cpu: CpuStats;
  /** CPUs and memory nodes that may be used. */
  readonly cpuset: CpusetStats;
  /** Use of memory. */
  readonly memory: MemoryStats;
  /** Numbers of tasks. */
  readonly pids: PidsStats;
  /** Use of block devices. */
  readonly blkio: BlkioStats;
  /** Use of huge pages, by their size, e.g. `2MB`. */
  readonly hugetlb: Readonly<Record<string, HugetlbEntry>>;
  /** Use of cache and memory bandwidth; empty for a container without `linux.intelRdt`. */
  readonly intel_rdt: IntelRdtStats;
  /** The interfaces in the container's network namespace; null without any, or in the host's namespace. */
  readonly network_interfaces: readonly NetworkInterfaceStats[] | null;
}
