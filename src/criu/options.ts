/** The options of `checkpoint` and `restore`. */

/** Options that `checkpoint` and `restore` share. Paths may be relative to the runtime's working directory. */
export interface CriuOptions {
  readonly id: string;
  /** Directory of the images. */
  readonly imagePath: string;
  /** Directory for criu's log and temporary files; that of the images unless given. */
  readonly workPath?: string;
  readonly tcpEstablished: boolean;
  readonly extUnixSk: boolean;
  readonly shellJob: boolean;
  readonly fileLocks: boolean;
  readonly lazyPages: boolean;
  readonly autoDedup: boolean;
  /** Unless given: criu's default, which is soft, or ignore for a container without a cgroup. */
  readonly manageCgroupsMode?: 'soft' | 'full' | 'strict' | 'ignore';
}

/** Options of the command `checkpoint`. */
export interface CheckpointOptions extends CriuOptions {
  /** Directory with the images of an earlier pre-dump, relative to imagePath. */
  readonly parentPath?: string;
  readonly leaveRunning: boolean;
  readonly tcpSkipInFlight: boolean;
  readonly linkRemap: boolean;
  /** The caller's descriptor to which a NUL byte is written once lazy pages can be requested. */
  readonly statusFd?: number;
  readonly pageServer?: { readonly address: string; readonly port: number };
  readonly preDump: boolean;
  readonly networkLock?: 'iptables' | 'nftables' | 'skip';
}

/** Options of the command `restore`. */
export interface RestoreOptions extends CriuOptions {
  readonly bundle: string;
  readonly configFile?: string;
  readonly consoleSocket?: string;
  readonly pidFile?: string;
  readonly detach: boolean;
  readonly noSubreaper: boolean;
  readonly noPivot: boolean;
  readonly tcpClose: boolean;
  /** Security label for the processes: TYPE:LABEL, e.g. apparmor:name. */
  readonly lsmProfile?: string;
  readonly lsmMountContext?: string;
}
