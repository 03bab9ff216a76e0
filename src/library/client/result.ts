/** How a process in a container has ended, and what it wrote. */
import { signalName } from '../../native/signals.js';
import type { LogEntry } from './answers/log-entries.js';

/** How a process that was waited for has ended. */
export interface ProcessResult {
  /**
   * The exit status as the runtime told it: that of the process, or 128 + n when signal n ended it. Null only when the runtime was
   * ended, for a limit of time or output, before it could tell any.
   */
  readonly exitCode: number | null;
  /**
   * The signal that ended the process, e.g. `SIGKILL`; null when it exited. A program may as well exit with 128 + n: no runtime's
   * command line tells these two apart, only shells and their like do so.
   */
  readonly signal: string | null;
  /** Whether that signal is known for certain: it was sent on behalf of a limit, or there was none. Otherwise it may be an exit status. */
  readonly certain: boolean;
  /** The limit for which the process was killed; null when it ended by itself. */
  readonly stoppedBy: 'timeout' | 'maxBuffer' | null;
  /** What it wrote to stdout, as UTF-8, if that was captured; else empty. */
  readonly stdout: string;
  /** What it wrote to stderr, as UTF-8, if that was captured; else empty. */
  readonly stderr: string;
  /** The bytes of `stdout`. */
  readonly stdoutBytes: Uint8Array;
  /** The bytes of `stderr`. */
  readonly stderrBytes: Uint8Array;
  /** Whether there was more stdout than `maxBuffer`. */
  readonly stdoutTruncated: boolean;
  /** Whether there was more stderr than `maxBuffer`. */
  readonly stderrTruncated: boolean;
  /** What the runtime warned of. */
  readonly log: readonly LogEntry[];
}

/** How a process ended that is nobody's child here. */
export interface DetachedEnd {
  /** Its exit status; null when a signal ended it, or when that can't be known. */
  readonly exitCode: number | null;
  /** The signal that ended it, e.g. `SIGKILL`; null when it exited, or when that can't be known. */
  readonly signal: string | null;
  /** Whether it is known how it ended. Linux tells it from version 6.15 on; before, only the parent of a process gets to know. */
  readonly known: boolean;
}

/** The signal that a status of 128 + n stands for; undefined for every other status. */
export function signalOf(status: number): string | undefined {
  return status > 128 && status <= 128 + 64 ? signalName(status - 128) : undefined;
}
