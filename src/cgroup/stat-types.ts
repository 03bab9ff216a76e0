/** What is told of a container's use of resources. */
import type { Int } from '../config/spec.js';

/** Times in nanoseconds. */
export interface CpuUsage {
  total: Int;
  percpu: Int[];
  percpuKernel: Int[];
  percpuUser: Int[];
  kernel: Int;
  user: Int;
}

export interface CpuThrottling {
  periods: Int;
  throttledPeriods: Int;
  throttledTime: Int;
}

export interface CpusetStats {
  cpus: number[];
  mems: number[];
  /** The other files, by their names without `cpuset.`; those that aren't there (all, in v2) are missing. */
  flags: Record<string, Int>;
}

/** Bytes, but for failcnt. */
export interface MemoryEntry {
  limit: Int;
  usage: Int;
  max: Int;
  failcnt: Int;
}

export interface MemoryStats {
  cache: Int;
  usage: MemoryEntry;
  /** Memory and swap together. */
  swap: MemoryEntry;
  kernel: MemoryEntry;
  kernelTCP: MemoryEntry;
  /** memory.stat. */
  raw: Map<string, Int>;
}

export interface PidsStats {
  current: Int;
  /** 0: none. */
  limit: Int;
}

export interface BlkioEntry {
  major: number;
  minor: number;
  /** Read, Write …; '' in tables of totals. */
  op: string;
  value: Int;
}

/** The tables of v1, by which v2's io.stat is told too. */
export type BlkioTable =
  | 'serviceBytes'
  | 'serviced'
  | 'queued'
  | 'serviceTime'
  | 'waitTime'
  | 'merged'
  | 'time'
  | 'sectors';
export type BlkioStats = Partial<Record<BlkioTable, BlkioEntry[]>>;

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

export interface Pressure {
  some: PressureLine;
  full: PressureLine;
}

export interface CgroupStats {
  cpu: { usage: CpuUsage; throttling: CpuThrottling; pressure: Pressure | undefined };
  cpuset: CpusetStats;
  memory: MemoryStats & { pressure: Pressure | undefined };
  pids: PidsStats;
  blkio: BlkioStats & { pressure: Pressure | undefined };
  hugetlb: Map<string, HugetlbEntry>;
}
