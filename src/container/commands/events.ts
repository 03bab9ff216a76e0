/** The operation `events`. */
import { TsruncError } from '../../base/error.js';
import { watchOom } from '../../cgroup/oom.js';
import type { CgroupStats } from '../../cgroup/stat-types.js';
import { cgroupStats } from '../../cgroup/stats.js';
import { now } from '../../native/clock.js';
import { POLLIN } from '../../native/flags.js';
import { openProcess } from '../init/process-id.js';
import { type IntelRdtStats, intelRdtStats } from '../resctrl/intel-rdt-stats.js';
import type { Runtime } from '../runtime.js';
import { readSpecCopy } from '../state/config-copy.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';
import { type InterfaceStats, interfaceStats } from './interface-stats.js';
import { requireOwnCgroups } from './own-processes.js';

/** The statistics of a container at one moment. */
export interface ContainerStats {
  readonly cgroup: CgroupStats;
  /** Undefined for a container without intelRdt. */
  readonly intelRdt: IntelRdtStats | undefined;
  /** The interfaces in the container's own network namespace, without lo. */
  readonly interfaces: readonly InterfaceStats[];
}

/** Called when something happens to a container. */
export interface ContainerEvents {
  stats(stats: ContainerStats): void;
  /** The OOM killer killed a process of the container. */
  oom(): void;
}

/**
 * `events --stats`: the statistics of a container.
 * @throws TsruncError 'state' for a container whose process has ended
 */
export function containerStats(rt: Runtime, id: string): ContainerStats {
  const { state, pidfd } = openContainer(rt, id);
  rt.native.close(pidfd);
  return statsOf(rt, state);
}

/**
 * `events`: reports the statistics every `interval` milliseconds, and each time the OOM killer strikes, until the
 * container ends. In between the runtime sleeps until the kernel wakes it.
 * @throws TsruncError as containerStats
 */
export function watchContainer(rt: Runtime, id: string, interval: number, tell: ContainerEvents): void {
  const { native } = rt;
  const { state, pidfd } = openContainer(rt, id);
  const oom = watchOom(native, state.cgroup.paths);
  try {
    let next = now(native) + interval;
    for (;;) {
      const fds = oom === undefined ? [pidfd] : [pidfd, oom.fd()];
      const left = Math.max(0, Math.ceil(next - now(native)));
      const [ended = 0, killed = 0] = native.poll(fds, [POLLIN, oom?.events ?? 0], left);
      // Also at the end, since memory.events may report a change up to 10 ms late.
      if ((killed !== 0 || ended !== 0) && oom?.happened()) tell.oom();
      if (ended !== 0) return;
      if (now(native) < next) continue;
      tell.stats(statsOf(rt, state));
      // A slow reader gets fewer statistics, rather than many at once.
      next = Math.max(next + interval, now(native));
    }
  } finally {
    oom?.close();
    native.close(pidfd);
  }
}

function openContainer(rt: Runtime, id: string): { state: StateFile; pidfd: number } {
  const state = readState(rt, id);
  const pidfd = openProcess(rt.native, state);
  if (pidfd === null) throw new TsruncError('state', `container with id ${id} is not running`);
  try {
    requireOwnCgroups(rt.native, state);
  } catch (error) {
    rt.native.close(pidfd);
    throw error;
  }
  return { state, pidfd };
}

function statsOf(rt: Runtime, state: StateFile): ContainerStats {
  const { native } = rt;
  const rdt = readSpecCopy(rt, state.id).linux?.intelRdt;
  return {
    cgroup: cgroupStats(native, state.cgroup.paths),
    intelRdt: rdt === undefined ? undefined : intelRdtStats(native, rdt.closID || state.id),
    interfaces: interfaceStats(native, state.pid),
  };
}
