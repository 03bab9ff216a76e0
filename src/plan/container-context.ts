/** The types of what the planner is given besides the configuration, for a whole container. */
import type { IdMaps } from '../config/id-mappings.js';
import type { MountContext, RootOptions } from './mounts/mount-context.js';

/**
 * What `create` and `run` know about the container that isn't in its configuration: id, paths, command line options.
 */
export interface PlanOptions extends RootOptions {
  id: string;
  noNewKeyring: boolean;
  /** How many descriptors, counted from 3, the container inherits; those of LISTEN_FDS are included. */
  preserveFds: number;
  /** The value of LISTEN_FDS (sd_listen_fds(3)), or 0. */
  listenFds: number;
  /**
   * Foreground `run`: the step wait-start reads from the runtime's socket instead of the fifos in the state
   * directory.
   */
  foreground: boolean;
  /** Host directory to bind at /run/notify. If it is given, NOTIFY_SOCKET is set in the container. */
  notifyDirectory?: string | undefined;
  cgroupManager: 'cgroupfs' | 'systemd' | 'disabled';
  /** Init notes when its steps begin and end, in memory of the runtime's (--trace). */
  timesSteps?: boolean;
  /** The id maps of a user namespace that is joined by path, if they could be read. */
  joinedMaps?: IdMaps | undefined;
  /** The runtime's own environment, for hooks without `env`; empty if left out. */
  environment?: Readonly<Record<string, string>> | undefined;
}

/** Everything the functions that plan one part of a container read, and the builder they add their steps to. */
export interface ContainerContext extends MountContext {
  readonly options: PlanOptions;
}
