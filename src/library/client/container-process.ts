/** A process in a container that is waited for, as callers of `run`, `exec` and `restore` see it. */
import type { Readable, Writable } from 'node:stream';
import type { AbortOptions } from './abort.js';
import type { ProcessResult } from './result.js';
import type { StdioOptions } from './stdio.js';
import type { Terminal, TerminalOption } from './terminal.js';

/** What a process that is waited for takes. */
export interface ForegroundOptions extends AbortOptions, StdioOptions {
  /** Milliseconds after which the process is killed; its result then says `stoppedBy: 'timeout'`. Default: never. */
  readonly timeout?: number;
  /**
   * A terminal for the process, whose other end is `terminal` of the ContainerProcess; stdin, stdout and stderr are then left out. A
   * configuration in a bundle has to ask for it too, by `process.terminal`.
   */
  readonly terminal?: TerminalOption;
  /** Descriptors of this program that become 3, 4 and so on of the process. */
  readonly preserveFds?: readonly number[];
}

/**
 * A process in a container. It is a promise of its result: `await` it for the end. Until then its streams can be used, and signals be
 * sent to it.
 *
 * The promise rejects with a RuntimeError when the runtime could not run the process, which is not the same as a process that fails,
 * and with the reason of the AbortSignal when that was aborted.
 */
export interface ContainerProcess extends PromiseLike<ProcessResult> {
  /** Pid of the runtime's process, which is not the one in the container; undefined when there is none. */
  readonly commandPid: number | undefined;
  /** The stdin of the process. @throws TypeError when it was not asked for as `pipe` */
  readonly stdin: Writable;
  /** The stdout of the process. @throws TypeError when it was not asked for as `pipe` */
  readonly stdout: Readable;
  /** The stderr of the process. @throws TypeError when it was not asked for as `pipe` */
  readonly stderr: Readable;
  /** The terminal of the process. @throws TypeError when there is none */
  readonly terminal: Terminal;
  /**
   * Sends a signal to the process.
   * @param signal a name such as `TERM` or `SIGKILL`, or a number; `SIGTERM` if left out
   * @returns false when it has ended, or has not begun yet
   * @throws TypeError for an unknown signal
   */
  kill(signal?: string | number): boolean;
  /** As of any promise. */
  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<ProcessResult | B>;
  /** As of any promise. */
  finally(settled?: (() => void) | null): Promise<ProcessResult>;
}
