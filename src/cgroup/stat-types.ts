/** The types of a container's statistics, the same for both versions of cgroups. */
import type { Int } from '../config/spec.js';

/** CPU time in nanoseconds, the lists with one entry per CPU. */
export interface CpuUsage {
  total: Int;
  percpu: Int[];
  percpuKernel: Int[];
  percpuUser: Int[];
  kernel: Int;
  user: Int;
}

/** How often the CPU quota stopped the container, and for how long in nanoseconds. */
export interface CpuThrottling {
  periods: Int;
  throttledPeriods: Int;
  throttledTime: Int;
}

/** Numbers of the CPUs and memory nodes that the container may use. */
export interface CpusetStats {
  cpus: number[];
  mems: number[];
  /** The other files of v1, by their names without `cpuset.`, as far as they exist; empty in v2. */
  flags: Record<string, Int>;
}

/** Bytes, except failcnt: how often the limit was hit. `max` is the highest usage so far. */
export interface MemoryEntry {
  limit: Int;
  usage: Int;
  max: Int;
  failcnt: Int;
}

/** Use of memory in bytes. */
export interface MemoryStats {
  cache: Int;
  usage: MemoryEntry;
  /** Memory and swap together. */
  swap: MemoryEntry;
  kernel: MemoryEntry;
  kernelTCP: MemoryEntry;
  /** All of memory.stat, as the kernel names it. */
  raw: Map<string, Int>;
}

/** Numbers of tasks. */
export interface PidsStats {
  current: Int;
  /** 0: no limit. */
  limit: Int;
}

/** One number of a block device, in the table it belongs to. */
export interface BlkioEntry {
  major: number;
  minor: number;
  /** Read, Write and so on; '' in tables that have only a total per device. */
  op: string;
  value: Int;
}

/** The tables of v1; the numbers of v2's io.stat are sorted into them too. */
export type BlkioTable =
  | 'serviceBytes'
  | 'serviced'
  | 'queued'
  | 'serviceTime'
  | 'waitTime'
  | 'merged'
  | 'time'
  | 'sectors';
/** The tables that the kernel has numbers for. */
export type BlkioStats = Partial<Record<BlkioTable, BlkioEntry[]>>;

/** Use of huge pages of one size: bytes, except failcnt, which counts how often the limit was hit. */
export interface HugetlbEntry {
  usage: Int;
  max: Int;
  failcnt: Int;
}

/** One line of a pressure file: shares of time in percent, and the total in microseconds. */
export interface PressureLine {
  avg10: number;
  avg60: number;
  avg300: number;
  total: Int;
}

/** The two lines of a pressure file: time in which some, or all, processes had to wait (accounting/psi.rst). */
export interface Pressure {
  some: PressureLine;
  full: PressureLine;
}

/** All statistics of a container. */
export interface CgroupStats {
  cpu: { usage: CpuUsage; throttling: CpuThrottling; pressure: Pressure | undefined };
  cpuset: CpusetStats;
  memory: MemoryStats & { pressure: Pressure | undefined };
  pids: PidsStats;
  blkio: BlkioStats & { pressure: Pressure | undefined };
  hugetlb: Map<string, HugetlbEntry>;
}
