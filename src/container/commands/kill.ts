import { TsruncError } from '../../base/error.js';
import { thawCgroupTree } from '../../cgroup/freeze.js';
import { OwnCgroups } from '../../cgroup/ownership/ownership.js';
import { POLLIN } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import { SIGKILL } from '../../native/signals.js';
import { openProcess, signalProcess } from '../init/alive.js';
import type { Runtime } from '../runtime.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';

/**
 * `kill`: sends a signal to init of a created or running container. Takes no lock: it must work while another command hangs.
 * @param all every process of the container gets it, and that there is none left is no error (what callers of --all expect).
 * @throws TsruncError 'state' "container not running", or "cgroup not exist" when there is nothing to find its processes by.
 */
export function killContainer(rt: Runtime, id: string, signal: number, all: boolean): void {
  const { native } = rt;
  const state = readState(rt, id);
  const folders = Object.values(state.cgroup.paths);
  // With a pid namespace of its own the kernel ends every process when init dies; without one, init may be long gone.
  if (folders.length > 0 && (all || (signal === SIGKILL && state.sharedPids))) {
    // Not those that another container has by now.
    if (new OwnCgroups(native, state.cgroup).kill(signal) > 0) return;
    // An init that lives has gone to another cgroup, which the kernel (or systemd) may have taken as the end of this one.
    const alive = signalInit(rt, state, signal);
    if (alive && !folders.some((path) => native.stat(path, true) !== null)) {
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
 * Sends a signal to init, by a pidfd whose start time was compared.
 * @returns false when it is gone.
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

/** How long a process that was killed may take to end, in ms, before others are told that it was. */
const END_TIMEOUT = 2_000;

/** Ends init for a command that has failed: whoever looks when that returns finds the container stopped. */
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

/** The v1 freezer holds a process back from dying too; v2 lets SIGKILL through. */
export function thawOwnCgroups(native: Native, { cgroup }: StateFile): void {
  const own = new OwnCgroups(native, cgroup);
  thawCgroupTree(native, own.freezer, own.isForeign);
}

function notRunning(id: string): TsruncError {
  return new TsruncError('state', `container ${JSON.stringify(id)}: container not running`);
}
