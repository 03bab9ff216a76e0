/** What the operations of an OciRuntime take. */
import type { AbortOptions } from './abort.js';
import type { BundleOptions } from './bundle.js';
import type { ForegroundOptions } from './container-process.js';
import type { DetachedOptions } from './detached.js';

/** How a container is made. */
export interface MakeOptions extends BundleOptions {
  /** Change the root without pivot_root, for a host whose / is a ramdisk. Default: no. */
  readonly noPivot?: boolean;
  /** Keep the session keyring of this program. Default: no. */
  readonly noNewKeyring?: boolean;
  /** Words for the runtime that there is no option for; they stand before the container's id. */
  readonly arguments?: readonly string[];
}

/** What `create` takes. */
export interface CreateOptions extends MakeOptions, DetachedOptions {}

/** What `run` takes when its process is waited for. */
export interface RunOptions extends MakeOptions, ForegroundOptions {
  /** Default: no. */
  readonly detach?: false;
  /** Don't delete the container when it has ended. Default: delete it. */
  readonly keep?: boolean;
}

/** What `run` takes when its process goes on by itself. */
export interface DetachedRunOptions extends MakeOptions, DetachedOptions {
  /** Return when the process runs. */
  readonly detach: true;
}

/** What the process of `exec` is like; apart from this it is as the container's own. */
export interface ExecSettings {
  /** Working directory in the container. Default: that of the container's process. */
  readonly cwd?: string;
  /** Environment variables besides those of the container's process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Uid, or uid and gid as `1000:1000`. Default: those of the container's process. */
  readonly user?: string | number;
  /** Groups besides. crun has no option for them: give it a Process. */
  readonly additionalGids?: readonly number[];
  /** Capabilities besides, such as `CAP_NET_RAW`. */
  readonly capabilities?: readonly string[];
  /** Set no_new_privs. Default: as the container's process. */
  readonly noNewPrivileges?: boolean;
  /** AppArmor profile. */
  readonly apparmorProfile?: string;
  /** SELinux label. */
  readonly selinuxLabel?: string;
}

/** What every `exec` takes. */
export interface ExecCommonOptions extends ExecSettings {
  /** An existing cgroup below the container's. Default: the container's. */
  readonly cgroup?: string;
  /** Allow a paused container; the process then waits until it is resumed. crun has no option for it. Default: no. */
  readonly ignorePaused?: boolean;
  /** Words for the runtime that there is no option for; they stand before the container's id. */
  readonly arguments?: readonly string[];
}

/** What `exec` takes when its process is waited for. */
export interface ExecOptions extends ExecCommonOptions, ForegroundOptions {
  /** Default: no. */
  readonly detach?: false;
}

/** What `exec` takes when its process goes on by itself. */
export interface DetachedExecOptions extends ExecCommonOptions, DetachedOptions {
  /** Return when the process runs. */
  readonly detach: true;
}

/** What `kill` takes. */
export interface KillOptions extends AbortOptions {
  /** To every process of the container and not only its first. Newer runc, and crun, have no need for it. Default: no. */
  readonly all?: boolean;
}

/** What `delete` takes. */
export interface DeleteOptions extends AbortOptions {
  /** Kill it first if it runs; no error if there is none. Default: no. */
  readonly force?: boolean;
}

/** What `events` takes. */
export interface EventsOptions extends AbortOptions {
  /** Milliseconds between statistics. Default: 5000. */
  readonly interval?: number;
}

/** What criu is told, for `checkpoint` and `restore`. Each is the option of runc with this name. */
export interface CriuOptions {
  /** Directory of the images. Default: `checkpoint` in the runtime's working directory. */
  readonly imagePath?: string;
  /** Directory of criu's log. Default: that of the images. */
  readonly workPath?: string;
  /** Allow open TCP connections. Default: no. */
  readonly tcpEstablished?: boolean;
  /** Allow unix sockets with an end outside. Default: no. */
  readonly extUnixSockets?: boolean;
  /** Allow processes of a session or a terminal outside. Default: no. */
  readonly shellJob?: boolean;
  /** Keep file locks. Default: no. */
  readonly fileLocks?: boolean;
  /** How cgroups below the container's are restored. Default: criu's. */
  readonly manageCgroupsMode?: 'soft' | 'full' | 'strict' | 'ignore';
  /** Words for the runtime that there is no option for; they stand before the container's id. */
  readonly arguments?: readonly string[];
}

/** What `checkpoint` takes. */
export interface CheckpointOptions extends CriuOptions, AbortOptions {
  /** Let the container go on afterwards. Default: it ends. */
  readonly leaveRunning?: boolean;
  /** Write the memory alone, and let the container go on. Default: no. */
  readonly preDump?: boolean;
  /** Images of an earlier pre-dump, relative to `imagePath`. */
  readonly parentPath?: string;
}

/** What `restore` takes when its process is waited for. */
export interface RestoreOptions extends MakeOptions, CriuOptions, ForegroundOptions {
  /** Default: no. */
  readonly detach?: false;
}

/** What `restore` takes when its process goes on by itself. */
export interface DetachedRestoreOptions extends MakeOptions, CriuOptions, DetachedOptions {
  /** Return when the process runs. */
  readonly detach: true;
}
