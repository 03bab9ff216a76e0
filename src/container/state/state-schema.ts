/**
 * The strict schema of state.json. It types the state (StateFile) and is what other programs may read state files with;
 * the commands themselves check with state-check.ts, which a test holds against this schema: loading zod would cost
 * them about 5 ms, a good deal more than the whole of `state`.
 */
import * as z from 'zod/mini';

const hook = z.strictObject({
  path: z.string(),
  args: z.optional(z.array(z.string())),
  env: z.optional(z.array(z.string())),
  timeout: z.optional(z.number()),
});

const count = z.int().check(z.nonnegative());

export const stateSchema = z.strictObject({
  /** Of this layout; a higher one is another tsrunc's. */
  version: z.literal(1),
  id: z.string(),
  ociVersion: z.string(),
  /** Init in the runtime's pid namespace, 0 while there is none; with startTime it names the process for good. */
  pid: count,
  startTime: count,
  /**
   * How far `create` or `run` came. `creating` and nobody holding the lock: it died on the way. `start` changes nothing: whether a container
   * that was created runs is told by its start fifo.
   */
  phase: z.enum(['creating', 'created', 'running']),
  bundle: z.string(),
  rootfs: z.string(),
  created: z.string(),
  annotations: z.record(z.string(), z.string()),
  owner: count,
  /** Init shares its pid namespace with others: its death doesn't end the other processes of the container. */
  sharedPids: z.boolean(),
  /** Written before the cgroups are made, so that a command that was killed leaves none that nobody knows of. */
  cgroup: z.strictObject({
    paths: z.record(z.string(), z.string()),
    /** Folders that were missing, parents first. */
    made: z.array(z.string()),
    /** What they are marked with, each that is the container's: src/cgroup/ownership/ownership/mark.ts. An older tsrunc marked none. */
    mark: z.optional(z.string()),
    /** The kernel took no mark: whose they are is told by this file alone. */
    unmarked: z.optional(z.boolean()),
    /** DEV:INO of folders that were made, by path: of those whose mark the container could take off. */
    weak: z.optional(z.record(z.string(), z.string())),
    /** The unit of systemd that is to be stopped with the container; of the user's manager, or the system's. */
    systemd: z.optional(
      z.strictObject({
        unit: z.string(),
        user: z.boolean(),
        /** Where below the unit's own the container's v2 cgroup is, with a slash before it; left out: nowhere. */
        below: z.optional(z.string()),
      }),
    ),
  }),
  /** Group of resctrl that was made for the container; '' for none. */
  intelRdt: z.string(),
  /** There is a socket for readiness messages to wait at. */
  notify: z.boolean(),
  /** What 0, 1 and 2 of the container were when it was made: links of /proc/PID/fd. An older tsrunc didn't note them. */
  stdio: z.optional(z.array(z.string())),
  hooks: z.strictObject({ poststart: z.array(hook), poststop: z.array(hook) }),
  /** The steps that follow `wait-start`, for `start` to say what failed: number, name, field, and what it is about. */
  laterSteps: z.array(z.strictObject({ index: count, step: z.string(), from: z.string(), about: z.string() })),
});

/** What state.json holds. */
export type StateFile = z.infer<typeof stateSchema>;
