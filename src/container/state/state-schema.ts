/** Defines the content of state.json once, as a check that every command makes and as the type StateFile. */
import { type Checked, count, flag, list, number, object, oneOf, optional, record, text } from './value-check.js';

const hook = object({
  path: text,
  args: optional(list(text)),
  env: optional(list(text)),
  timeout: optional(number),
});

/** Version of this layout; a file with a higher one was written by a newer tsrunc. */
export const STATE_VERSION = 2;

/** The versions that are read. In a file of version 1 `made` was never left out. */
export const READ_VERSIONS: readonly number[] = [1, STATE_VERSION];

const document = object({
  version: oneOf(...READ_VERSIONS),
  id: text,
  ociVersion: text,
  /**
   * Pid of init in the runtime's pid namespace, 0 while there is none. With startTime it identifies the process for
   * good.
   */
  pid: count,
  startTime: count,
  /**
   * How far `create` or `run` has got. If it is `creating` and nobody holds the lock, the command died. `start`
   * doesn't change it: the start fifo shows whether a created container runs.
   */
  phase: oneOf('creating', 'created', 'running'),
  bundle: text,
  rootfs: text,
  created: text,
  annotations: record(text),
  owner: count,
  /** Init isn't pid 1 of its own pid namespace, so its death doesn't end the other processes of the container. */
  sharedPids: flag,
  /** Written before the cgroups are made, so that a command that is killed leaves no unknown cgroups. */
  cgroup: object({
    paths: record(text),
    /** Directories that didn't exist before, parents first. Left out where these are all of `paths`, which is nearly always. */
    made: optional(list(text)),
    /** The mark on the container's cgroups (src/cgroup/ownership/mark.ts). An older tsrunc set none. */
    mark: optional(text),
    /** The kernel supports no marks: only this file says whose the cgroups are. */
    unmarked: optional(flag),
    /** DEV:INO by path of made directories whose mark the container could remove. */
    weak: optional(record(text)),
    /** The systemd unit to stop with the container; `user`: it is one of the user's systemd, not the system's. */
    systemd: optional(
      object({
        unit: text,
        user: flag,
        /**
         * Path from the unit's v2 cgroup to the container's, with a slash before it; left out if they are the same.
         */
        below: optional(text),
      }),
    ),
  }),
  /** Directory of the resctrl group that was made for the container; '' for none. */
  intelRdt: text,
  /** The container has a socket for readiness messages. */
  notify: flag,
  /** The links in /proc/PID/fd of 0, 1 and 2 when the container was made. An older tsrunc didn't note them. */
  stdio: optional(list(text)),
  hooks: object({ poststart: list(hook), poststop: list(hook) }),
  /** The steps after `wait-start`, for the errors of `start`: number, name, pointer of the field, and the program. */
  // The pointer is called `from` because state files of earlier versions have to remain readable.
  laterSteps: list(object({ index: count, step: text, from: text, about: text })),
});

/** The content of state.json. */
export type StateFile = Checked<typeof document>;

/**
 * Checks a parsed state.json strictly: unknown members are an error, too.
 * @returns a description of the first mistake, or undefined if the value is a StateFile
 */
export function stateProblem(value: unknown): string | undefined {
  const wrong = document(value);
  if (wrong !== undefined) return wrong.startsWith(' ') ? `the document${wrong}` : wrong;
  const { version, cgroup } = value as StateFile;
  return version === 1 && cgroup.made === undefined ? '/cgroup/made is missing' : undefined;
}
