/** The context that every operation on containers runs in. */
import type { TsruncError } from '../base/error.js';
import type { Native } from '../native/native.js';
import type { Trace } from './trace/trace.js';

/** Access to the machine, the settings from the command line, and where messages go. */
export interface Runtime {
  readonly native: Native;
  /** Absolute path of the directory that holds the state directories: /run/tsrunc, or $XDG_RUNTIME_DIR/tsrunc. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** `disabled`: no cgroup is touched. */
  readonly cgroupManager: 'cgroupfs' | 'systemd' | 'disabled';
  /** --rootless: auto decides by the effective uid and the user namespace. */
  readonly rootless: 'auto' | 'true' | 'false';
  /**
   * Reports a setting that isn't applied, or a failure that doesn't fail the operation, as an error that isn't
   * thrown. It has the field and its position in the file, if they are known.
   */
  warn(warning: TsruncError): void;
  /** Reports an error of an operation that returns its result all the same, e.g. one while it cleaned up. */
  tellError(error: TsruncError): void;
  /** The operation succeeded but stays to wait for a process to end: its warnings may be printed now. */
  settle(): void;
  debug(text: string): void;
  /** With --trace: what notes the phases of the command. */
  readonly trace?: Trace | undefined;
}
