/** What `checkpoint` and `restore` both ask of criu; the paths may be relative to the runtime's working directory. */
export interface CriuOptions {
  readonly id: string;
  /** Folder of the images. */
  readonly imagePath: string;
  /** Folder of criu's log and of what it keeps meanwhile; the images' unless given. */
  readonly workPath?: string;
  readonly tcpEstablished: boolean;
  readonly extUnixSk: boolean;
  readonly shellJob: boolean;
  readonly fileLocks: boolean;
  readonly lazyPages: boolean;
  readonly autoDedup: boolean;
  /** criu's default, unless given: soft. */
  readonly manageCgroupsMode?: 'soft' | 'full' | 'strict' | 'ignore';
}

/** Options of `checkpoint`. */
export interface CheckpointOptions extends CriuOptions {
  /** Images of a pre-dump, relative to imagePath. */
  readonly parentPath?: string;
  readonly leaveRunning: boolean;
  readonly tcpSkipInFlight: boolean;
  readonly linkRemap: boolean;
  /** Descriptor of the caller that gets a NUL byte once lazy pages can be asked for. */
  readonly statusFd?: number;
  readonly pageServer?: { readonly address: string; readonly port: number };
  readonly preDump: boolean;
  readonly networkLock?: 'iptables' | 'nftables' | 'skip';
}

/** Options of `restore`. */
export interface RestoreOptions extends CriuOptions {
  readonly bundle: string;
  readonly configFile?: string;
  readonly consoleSocket?: string;
  readonly pidFile?: string;
  readonly detach: boolean;
  readonly noSubreaper: boolean;
  readonly noPivot: boolean;
  readonly tcpClose: boolean;
  /** TYPE:LABEL, e.g. apparmor:name. */
  readonly lsmProfile?: string;
  readonly lsmMountContext?: string;
}
