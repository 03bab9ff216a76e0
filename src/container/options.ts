/** The types that the operations on containers take and return: the interface to src/cli. */

import type { TsruncError } from '../base/error.js';
import type { SourceFile } from '../config/source-file.js';
import type { Process } from '../config/spec.js';

/** Status of a container as `state` prints it: the runtime-spec's four, and runc's `paused`. */
export type ContainerStatus = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

/** One container as `state` and `list` show it. */
export interface ContainerState {
  readonly ociVersion: string;
  readonly id: string;
  /** Pid of init in the runtime's pid namespace; 0 once it is stopped. */
  readonly pid: number;
  readonly status: ContainerStatus;
  /** Absolute path of the bundle, as it was given. */
  readonly bundle: string;
  readonly rootfs: string;
  /** RFC 3339 with nanoseconds, UTC. */
  readonly created: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Uid of the user who made the container. */
  readonly owner: number;
}

/** Options of `create`; the paths may be relative to the runtime's working directory. */
export interface CreateOptions {
  readonly id: string;
  readonly bundle: string;
  /** Read instead of the bundle's config.json. */
  readonly configFile?: string;
  readonly consoleSocket?: string;
  readonly pidfdSocket?: string;
  readonly pidFile?: string;
  readonly noPivot: boolean;
  readonly noNewKeyring: boolean;
  /** How many descriptors, counted from 3, the container inherits besides those of LISTEN_FDS. */
  readonly preserveFds: number;
}

/** Options of `run`. */
export interface RunOptions extends CreateOptions {
  readonly detach: boolean;
  /** The container is not deleted after it has ended. */
  readonly keep: boolean;
  readonly noSubreaper: boolean;
}

/** Options of `exec`. */
export interface ExecOptions {
  /** The process from --process. Then the fields that modify the configuration's process are not used. */
  readonly process?: Process;
  /** The file it was read from, for warnings. */
  readonly processFile?: SourceFile;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** KEY=VALUE entries, added to the configuration's environment. */
  readonly env: readonly string[];
  readonly tty: boolean;
  readonly user?: { readonly uid: number; readonly gid?: number };
  readonly additionalGids: readonly number[];
  readonly detach: boolean;
  readonly pidFile?: string;
  readonly consoleSocket?: string;
  readonly pidfdSocket?: string;
  readonly processLabel?: string;
  readonly apparmor?: string;
  readonly noNewPrivs: boolean;
  /** Names as in the configuration, e.g. CAP_NET_ADMIN; added to the bounding, effective and permitted sets. */
  readonly capabilities: readonly string[];
  readonly preserveFds: number;
  /** Sub-cgroups: a path, or controller[,controller]:path. */
  readonly cgroups: readonly string[];
  readonly ignorePaused: boolean;
}

/** The result of `list`: the containers, and an error for each state directory that can't be read. */
export interface ContainerList {
  readonly states: ContainerState[];
  readonly errors: TsruncError[];
}
