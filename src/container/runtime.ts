import type { Native } from '../native/native.js';

/** What every operation on containers takes: the machine, and the settings of the command line. */
export interface Runtime {
  readonly native: Native;
  /** Folder of the state folders, absolute: /run/tsrunc, or $XDG_RUNTIME_DIR/tsrunc. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** `disabled`: no cgroup is touched. */
  readonly cgroupManager: 'cgroupfs' | 'systemd' | 'disabled';
  /** --rootless: auto goes by the effective uid and user namespace. */
  readonly rootless: 'auto' | 'true' | 'false';
  /** A warning for the log; never shown on stderr unless --log is unset and --debug given. */
  warn(text: string): void;
  debug(text: string): void;
}
