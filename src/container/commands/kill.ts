/** The operation `kill`, and signals to init for other operations. */
import { TsruncError } from '../../base/error.js';
import { thawCgroupTree } from '../../cgroup/freeze.js';
import { OwnCgroups } from '../../cgroup/ownership/ownership.js';
import { POLLIN } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import { signalProcess } from '../../native/pidfd.js';
import { SIGKILL } from '../../native/signals.js';
import { openProcess } from '../init/process-id.js';
import type { Runtime } from '../runtime.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';

/**
 * `kill`: sends a signal to init of a created or running container. Takes no lock, since it has to work while another
 * command hangs.
 * @param all sends it to every process of the container. No processes is no error then, as callers of --all expect
 * @throws TsruncError 'state' "container not running", or "cgroup not exist" if its processes can't be found
 */
export function killContainer(rt: Runtime, id: string, signal: number, all: boolean): void {
  const { native } = rt;
  const state = readState(rt, id);
  const directories = Object.values(state.cgroup.paths);
  // With a pid namespace of its own the kernel ends every process when init dies; without one, init may be long gone.
  if (directories.length > 0 && (all || (signal === SIGKILL && state.sharedPids))) {
    // Leaves out cgroups that belong to another container by now.
    if (new OwnCgroups(native, state.cgroup).kill(signal) > 0) return;
    // An init that lives has gone to another cgroup, which the kernel (or systemd) may have taken as the end of this
    // one.
    const alive = signalInit(rt, state, signal);
    if (alive && !directories.some((path) => native.stat(path, true) !== null)) {
      throw new TsruncError(
        'state',
        `container ${JSON.stringify(id)}: unable to kill all processes: cgroup not exist`,
        {
          hint: 'its init got the signal; others, in whatever cgroup they are, did not',
        },
      );
    }
    if (alive || all) return;
    throw notRunning(id);
  }
  if (signalInit(rt, state, signal) || all) return;
  throw notRunning(id);
}

/**
 * Sends a signal to init through a pidfd, so that it can't reach another process that got the pid. After SIGKILL the
 * cgroups are thawed too, so that init can die.
 * @returns false if init is gone
 */
export function signalInit(rt: Runtime, state: StateFile, signal: number): boolean {
  const { native } = rt;
  const pidfd = openProcess(native, state);
  if (pidfd === null) return false;
  try {
    if (!signalProcess(native, pidfd, signal)) return false;
  } finally {
    native.close(pidfd);
  }
  if (signal === SIGKILL) thawOwnCgroups(native, state);
  return true;
}

/** How long to wait for a killed init to end, in ms. */
const END_TIMEOUT = 2_000;

/** Kills init for a command that failed, and waits, so that the container is stopped when the command returns. */
export function endFailed(rt: Runtime, state: StateFile): void {
  const { native } = rt;
  const pidfd = openProcess(native, state);
  if (pidfd === null) return;
  try {
    if (!signalProcess(native, pidfd, SIGKILL)) return;
    thawOwnCgroups(native, state);
    native.poll([pidfd], [POLLIN], END_TIMEOUT);
  } finally {
    native.close(pidfd);
  }
}

/**
 * Thaws the container's cgroups. A process that is frozen by cgroup v1 can't even die; with v2 SIGKILL gets through.
 */
export function thawOwnCgroups(native: Native, { cgroup }: StateFile): void {
  const own = new OwnCgroups(native, cgroup);
  thawCgroupTree(native, own.freezer, own.isForeign);
}

function notRunning(id: string): TsruncError {
  return new TsruncError('state', `container ${JSON.stringify(id)}: container not running`);
}
