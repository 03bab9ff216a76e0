import type { TsruncError } from '../base/error.js';
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
  /**
   * What was asked for and isn't applied, or went wrong without failing the operation: an error that isn't thrown, with the field
   * and its place in the file where they are known.
   */
  warn(warning: TsruncError): void;
  /** An error of an operation that gives its result all the same: of what it was to clean up then. */
  tellError(error: TsruncError): void;
  /** The operation has succeeded and stays, for the end of a process: what it has warned of may be told. */
  settle(): void;
  debug(text: string): void;
}
