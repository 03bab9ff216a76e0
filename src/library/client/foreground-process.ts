/** How `run`, `exec` and `restore` stay for their process. */
import { Readable, Writable } from 'node:stream';
import { onAbort } from './abort.js';
import type { Capture } from './capture.js';
import type { Settings } from './client-settings.js';
import { Command, type Ending, type Launch } from './command.js';
import type { ContainerProcess, ForegroundOptions } from './container-process.js';
import { childrenOf, killCommand, killDescendants, sendSignal } from './processes.js';
import { type ProcessResult, signalOf } from './result.js';
import type { RuntimeError } from './runtime-error.js';
import { numberOfSignal } from './signals.js';
import { Connection, descriptorsOf } from './stdio.js';
import { openTerminal, type Terminal } from './terminal.js';

/** What a foreground process is started with. */
export interface ForegroundTask {
  readonly launch: Omit<Launch, 'stdio'>;
  /** Removes what the aborted command has left; the command has ended, and so have its children. */
  cleanUp(): Promise<void>;
  /** Called in every case, at last. */
  done(): void;
}

/** A process whose runtime stays in the foreground for it. */
export class ForegroundProcess implements ContainerProcess {
  readonly #result: Promise<ProcessResult>;
  readonly #command: Command | undefined;
  readonly #options: ForegroundOptions;
  readonly #terminal: Terminal | undefined;
  #ended = false;

  /** @param prepare is called unless the signal is aborted already; what it throws is what the promise rejects with */
  constructor(settings: Settings, options: ForegroundOptions, prepare: () => ForegroundTask) {
    this.#options = options;
    let task: ForegroundTask | undefined;
    let connection: Connection | undefined;
    try {
      options.signal?.throwIfAborted();
      task = prepare();
      const opened = options.terminal ? openTerminal(options.terminal) : undefined;
      this.#terminal = opened?.terminal;
      const stdio = opened ? ([opened.fd, opened.fd, opened.fd] as const) : descriptorsOf(withDefaults(options));
      try {
        this.#command = new Command(settings, { ...task.launch, stdio });
      } finally {
        opened?.close();
      }
      if (!opened) connection = new Connection(this.#command, withDefaults(options), () => this.#stop('maxBuffer'));
      const { child } = this.#command;
      // No signal reaches the command by the terminal, which is not its controlling one.
      opened?.terminal.onResize(() => child.kill('SIGWINCH'));
    } catch (error) {
      this.#terminal?.destroy();
      task?.done();
      this.#result = Promise.reject(error);
      return;
    }
    this.#result = this.#wait(this.#command, connection, task);
  }

  get commandPid(): number | undefined {
    return this.#command?.child.pid;
  }

  get stdin(): Writable {
    require(this.#options.stdin === 'pipe' && !this.#terminal, 'stdin');
    return this.#command?.stdin ?? ended(new Writable());
  }

  get stdout(): Readable {
    require(this.#options.stdout === 'pipe' && !this.#terminal, 'stdout');
    return this.#command?.stdout ?? Readable.from([]);
  }

  get stderr(): Readable {
    require(this.#options.stderr === 'pipe' && !this.#terminal, 'stderr');
    return this.#command?.stderr ?? Readable.from([]);
  }

  get terminal(): Terminal {
    if (!this.#terminal) throw new TypeError('the process has no terminal; ask for one with the option terminal');
    return this.#terminal;
  }

  kill(signal: string | number = 'SIGTERM'): boolean {
    const number = numberOfSignal(signal);
    const { pid } = this.#command?.child ?? {};
    if (pid === undefined || this.#ended) return false;
    // The process is the runtime's oldest child; what is younger are orphans that came to it.
    const [process] = childrenOf(pid);
    return process !== undefined && sendSignal(process, number);
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaited is what it is for
  then<A = ProcessResult, B = never>(
    fulfilled?: ((result: ProcessResult) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#result.then(fulfilled, rejected);
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<ProcessResult | B> {
    return this.#result.catch(rejected);
  }

  finally(settled?: (() => void) | null): Promise<ProcessResult> {
    return this.#result.finally(settled);
  }

  #stoppedBy: ProcessResult['stoppedBy'] = null;

  /** Kills the process for a limit; the command then ends by itself. */
  #stop(why: 'timeout' | 'maxBuffer'): void {
    const { pid } = this.#command?.child ?? {};
    if (this.#ended || this.#stoppedBy !== null || pid === undefined) return;
    // Without any it is the runtime's own words that are too long, or it has not come that far.
    if (killDescendants(pid)) this.#stoppedBy = why;
  }

  async #wait(command: Command, connection: Connection | undefined, task: ForegroundTask): Promise<ProcessResult> {
    const { signal, timeout } = this.#options;
    const timers: NodeJS.Timeout[] = [];
    const stop = (): void => {
      this.#stop('timeout');
      // Before the process exists there is only the command to stop, and a child of it may come to be at any moment.
      timers.push(setTimeout(() => this.#giveUp(command), PATIENCE));
    };
    if (timeout !== undefined) timers.push(setTimeout(stop, timeout));
    let aborted = false;
    const abort = onAbort(signal, () => {
      aborted = true;
      this.#kill(command);
    });
    try {
      const ending = await command.ended;
      this.#ended = true;
      for (const timer of timers) clearTimeout(timer);
      if (aborted) {
        for (const stream of [command.stdin, command.stdout, command.stderr]) stream?.destroy();
        this.#terminal?.destroy();
      }
      // What a killed command leaves is removed in both cases.
      if (aborted || (this.#stoppedBy !== null && ending.signal !== null)) await task.cleanUp();
      if (aborted) throw signal?.reason;
      await connection?.drained();
      return this.#resultOf(command, connection, ending);
    } finally {
      this.#ended = true;
      for (const timer of timers) clearTimeout(timer);
      abort.stop();
      task.done();
    }
  }

  /** The command has not ended by itself when its process was killed for the limit of time. */
  #giveUp(command: Command): void {
    if (this.#ended) return;
    this.#stoppedBy ??= 'timeout';
    this.#kill(command);
  }

  #kill({ child }: Command): void {
    if (!this.#ended) killCommand(child);
  }

  #resultOf(command: Command, { stdout, stderr }: Partial<Connection> = {}, ending: Ending): ProcessResult {
    const { status, log } = ending;
    const failure = failureOf(command, ending, stderr);
    // The process may have ended by itself just then, and a runtime whose process was killed too early calls that a failure.
    const stoppedBy = failure || status === KILLED ? this.#stoppedBy : null;
    if (failure && stoppedBy === null) throw failure;
    const signal = stoppedBy !== null ? 'SIGKILL' : (signalOf(status ?? 0) ?? null);
    const text = (capture: Capture | undefined): string => Buffer.from(capture?.bytes() ?? []).toString('utf8');
    return {
      exitCode: failure ? null : status,
      signal,
      certain: stoppedBy !== null || signal === null,
      stoppedBy,
      stdout: text(stdout),
      stderr: text(stderr),
      stdoutBytes: stdout?.bytes() ?? new Uint8Array(),
      stderrBytes: stderr?.bytes() ?? new Uint8Array(),
      stdoutTruncated: stdout?.truncated ?? false,
      stderrTruncated: stderr?.truncated ?? false,
      log,
    };
  }
}

/** What a runtime tells of a process that was ended by SIGKILL. */
const KILLED = 128 + 9;

/** How long the command may take to end by itself when its process was killed for a limit, in milliseconds. */
const PATIENCE = 2000;

const withDefaults = ({ stdin = 'ignore', stdout = 'capture', stderr = 'capture', ...rest }: ForegroundOptions) => ({
  ...rest,
  stdin,
  stdout,
  stderr,
});

/**
 * The error of a runtime that couldn't run the process. A status says nothing: it may be the process's own. But a runtime that fails
 * says so in its log.
 */
function failureOf(command: Command, ending: Ending, stderr: Capture | undefined): RuntimeError | undefined {
  const failed = ending.status === null || (ending.status !== 0 && ending.log.some(({ level }) => level === 'error'));
  return failed ? command.failure(ending, Buffer.from(stderr?.bytes() ?? []).toString('utf8')) : undefined;
}

function require(asked: boolean, name: string): void {
  if (!asked) throw new TypeError(`${name} of the process is no stream; ask for one with { ${name}: 'pipe' }`);
}

function ended<T extends Writable>(stream: T): T {
  return stream.destroy();
}
