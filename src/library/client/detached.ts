/** Processes that go on when the command has ended: of `create`, and of `run`, `exec` and `restore` with `detach`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type AbortOptions, onAbort } from './abort.js';
import type { LogEntry } from './answers/log-entries.js';
import type { Settings } from './client-settings.js';
import { Command, type Launch } from './command.js';
import { WatchedProcess } from './exit-watch.js';
import { killCommand } from './processes.js';
import type { DetachedEnd } from './result.js';
import { Connection, type DetachedStdioOptions, descriptorsOf } from './stdio.js';
import { openConsole, type Terminal, type TerminalOption } from './terminal.js';

/** What a process that is not waited for takes. */
export interface DetachedOptions extends AbortOptions, DetachedStdioOptions {
  /**
   * A terminal for the process, which the runtime sends by its console socket; stdin, stdout and stderr are then left out. A
   * configuration in a bundle has to ask for it too, by `process.terminal`.
   */
  readonly terminal?: TerminalOption;
  /** Descriptors of this program that become 3, 4 and so on of the process. */
  readonly preserveFds?: readonly number[];
  /** A file that gets the pid of the process. */
  readonly pidFile?: string;
}

/** A process that goes on by itself. Its streams stay open until they are closed at both ends. */
export interface DetachedProcess {
  /** Its pid, as this program sees it. */
  readonly pid: number;
  /** Its stdin. @throws TypeError when it was not asked for as `pipe` */
  readonly stdin: Writable;
  /** Its stdout. @throws TypeError when it was not asked for as `pipe` */
  readonly stdout: Readable;
  /** Its stderr. @throws TypeError when it was not asked for as `pipe` */
  readonly stderr: Readable;
  /** Its terminal. @throws TypeError when there is none */
  readonly terminal: Terminal;
  /** What the runtime warned of. */
  readonly log: readonly LogEntry[];
  /**
   * Waits until it has ended, by way of the kernel, without asking again and again.
   * @throws RuntimeError `unsupported` without the addon; the signal's reason when it is aborted
   */
  wait(options?: AbortOptions): Promise<DetachedEnd>;
}

/** What a detached process is started with. */
export interface DetachedTask {
  readonly name: string;
  /** The words after the command's name that all have in common come before these. */
  args(fd: number): readonly string[];
  readonly scratches?: Launch['scratches'];
  readonly options: DetachedOptions;
  /** Removes what the command has left, after an abort; it has ended. */
  cleanUp(): Promise<void>;
}

/**
 * Starts a process that goes on by itself.
 * @throws RuntimeError when the runtime fails; the signal's reason when it is aborted
 */
export async function startDetached(settings: Settings, task: DetachedTask): Promise<DetachedProcess> {
  const { options, name } = task;
  const { signal, preserveFds = [] } = options;
  signal?.throwIfAborted();
  const stdio = {
    stdin: options.stdin ?? 'ignore',
    stdout: options.stdout ?? 'ignore',
    stderr: options.stderr ?? 'ignore',
  };
  const own = options.pidFile === undefined ? mkdtempSync(join(tmpdir(), 'tsrunc-pid-')) : undefined;
  const pidFile = options.pidFile ?? join(own!, 'pid');
  let opened: ReturnType<typeof openConsole> | undefined;
  let good = false;
  try {
    opened = options.terminal ? openConsole(options.terminal) : undefined;
    const consoleArgs = opened ? ['--console-socket', opened.path] : [];
    const preserve = preserveFds.length > 0 ? ['--preserve-fds', String(preserveFds.length)] : [];
    const command = new Command(settings, {
      name,
      args: (fd) => [name, '--pid-file', pidFile, ...consoleArgs, ...preserve, ...task.args(fd)],
      stdio: opened ? ['ignore', 'ignore', 'ignore'] : descriptorsOf(stdio),
      preserved: preserveFds,
      scratches: task.scratches ?? [],
    });
    if (!opened) new Connection(command, stdio);
    const log = await completed(command, task);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    const process = detachedProcess(command, pid, log, options, opened?.terminal);
    good = true;
    return process;
  } finally {
    opened?.close();
    if (!good) opened?.terminal.destroy();
    if (own) rmSync(own, { recursive: true, force: true });
  }
}

/** Waits for the end of the command itself, and returns its log: its pipes may be the container's, and stay open. */
async function completed(command: Command, { options, cleanUp }: DetachedTask): Promise<readonly LogEntry[]> {
  const { signal } = options;
  const { child } = command;
  const abort = onAbort(signal, () => killCommand(child));
  try {
    const ending = await command.ended;
    if (ending.status === 0 && !signal?.aborted) return ending.log;
    for (const stream of [command.stdin, command.stdout, command.stderr]) stream?.destroy();
    if (signal?.aborted) {
      await cleanUp();
      throw signal.reason;
    }
    throw command.failure(ending, '');
  } finally {
    abort.stop();
  }
}

function detachedProcess(
  command: Command,
  pid: number,
  log: readonly LogEntry[],
  options: DetachedOptions,
  terminal: Terminal | undefined,
): DetachedProcess {
  const stream = <T>(name: 'stdin' | 'stdout' | 'stderr', value: T | undefined): T => {
    if (options[name] === 'pipe' && value) return value;
    throw new TypeError(`${name} of the process is no stream; ask for one with { ${name}: 'pipe' }`);
  };
  // Now, while it is there: later the pid may be another's.
  const watched = new WatchedProcess(pid);
  return {
    pid,
    log,
    get stdin() {
      return stream('stdin', command.stdin);
    },
    get stdout() {
      return stream('stdout', command.stdout);
    },
    get stderr() {
      return stream('stderr', command.stderr);
    },
    get terminal() {
      if (!terminal) throw new TypeError('the process has no terminal; ask for one with the option terminal');
      return terminal;
    },
    wait: (waiting = {}) => watched.wait(waiting),
  };
}
