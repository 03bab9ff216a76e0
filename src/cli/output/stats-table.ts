/** The statistics of a container as a table for people, a row at each interval: `events` on a terminal. */
import type { CgroupStats } from '../../cgroup/stat-types.js';
import type { Int } from '../../config/spec.js';
import type { ContainerStats } from '../../container/commands/events.js';
import { type Looks, styled } from '../help/looks.js';

/** The columns with their widths; a blank goes before each but the first. */
const columns: readonly (readonly [heading: string, width: number])[] = [
  ['TIME (UTC)', 10],
  ['CPU', 6],
  ['MEMORY', 8],
  ['LIMIT', 8],
  ['PIDS', 5],
  ['READ', 8],
  ['WRITTEN', 8],
  ['RECEIVED', 8],
  ['SENT', 8],
];

/** After so many rows the headings come again: a screen is rarely higher. */
const HEADINGS_AGAIN = 20;

/** A moment by two clocks, in seconds. */
export interface Moment {
  /** Since 1970. */
  readonly real: number;
  readonly monotonic: number;
}

/** Makes the rows, each of which depends on the one before. */
export class StatsTable {
  private rows = 0;
  private before: { cpu: number; at: number } | undefined;

  constructor(private readonly looks: Looks) {}

  /** The text of a row, before it the headings where they are due. CPU is the share of one CPU since the row before. */
  row({ cgroup, interfaces }: ContainerStats, moment: Moment): string {
    const cells = [
      timeOf(moment),
      this.cpu(cgroup, moment),
      sizeOf(cgroup.memory.usage.usage),
      limitOf(cgroup.memory.usage.limit),
      String(cgroup.pids.current),
      sizeOf(written(cgroup, 'Read')),
      sizeOf(written(cgroup, 'Write')),
      sizeOf(sum(interfaces.map(({ rxBytes }) => rxBytes))),
      sizeOf(sum(interfaces.map(({ txBytes }) => txBytes))),
    ];
    const headings =
      this.rows++ % HEADINGS_AGAIN === 0
        ? `${styled(lineOf(columns.map(([heading]) => heading)), 'bold', this.looks)}\n`
        : '';
    return `${headings}${lineOf(cells)}\n`;
  }

  /** The text for a process that was killed for want of memory. */
  oom(moment: Moment): string {
    return `${styled(`${timeOf(moment)} a process was killed: out of memory`, 'red', this.looks)}\n`;
  }

  private cpu({ cpu }: CgroupStats, { monotonic }: Moment): string {
    const used = Number(cpu.usage.total) / 1e9;
    const { before } = this;
    this.before = { cpu: used, at: monotonic };
    if (before === undefined || monotonic <= before.at) return '-';
    return `${((100 * (used - before.cpu)) / (monotonic - before.at)).toFixed(1)}%`;
  }
}

const lineOf = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(columns[i]![1]) : cell.padStart(columns[i]![1]))).join(' ');

const timeOf = ({ real }: Moment): string => new Date(real * 1000).toISOString().slice(11, 19);

const sum = (numbers: readonly Int[]): number => numbers.reduce<number>((all, one) => all + Number(one), 0);

const written = ({ blkio }: CgroupStats, op: string): number =>
  sum((blkio.serviceBytes ?? []).filter((entry) => entry.op === op).map(({ value }) => value));

const units = ['B', 'K', 'M', 'G', 'T', 'P'];

/** A number of bytes in three or four digits, e.g. 1.5M; units are powers of 1024. */
export function sizeOf(bytes: Int): string {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit > 0 && value < 100 ? value.toFixed(1) : Math.round(value)}${units[unit]}`;
}

/** A limit; without one the kernel says a number near 2^63, and where there is no controller 0. */
function limitOf(limit: Int): string {
  const bytes = Number(limit);
  return bytes === 0 || bytes >= 2 ** 62 ? 'none' : sizeOf(bytes);
}
