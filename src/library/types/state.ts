/** The state of a container, as `state` and `list` of a runtime tell it. */

/** Status of a container: the four of the runtime-spec (runtime.md, State), and `paused`, which runtimes add. */
export type Status = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

/** The state of a container (runtime-spec, runtime.md, State), with what runc, crun, youki and tsrunc add to it. */
export interface State {
  /** The version of the runtime-spec that the state is written by. */
  readonly ociVersion: string;
  /** The container's id, unique among the containers of one root directory. */
  readonly id: string;
  /** What the container is doing. */
  readonly status: Status;
  /** Pid of the container's first process in the pid namespace of the runtime. None, or 0, once it is stopped. */
  readonly pid?: number;
  /** Absolute path of the bundle. */
  readonly bundle: string;
  /** The annotations of the configuration, if it has any. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Absolute path of the root file system. An addition of runtimes to the specification. */
  readonly rootfs?: string;
  /** When the container was created: RFC 3339, UTC. An addition of runtimes to the specification. */
  readonly created?: string;
  /** Name of the user who created it; some commands leave it empty. An addition of runtimes to the specification. */
  readonly owner?: string;
}
