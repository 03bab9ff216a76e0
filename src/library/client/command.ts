/** One process of a runtime: how it is started, what it has left when it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { type LogEntry, readLog } from './answers/log-entries.js';
import type { Settings } from './client-settings.js';
import { type Descriptor, Pipes } from './pipes.js';
import { failureOf, type RuntimeError } from './runtime-error.js';
import { Scratch } from './scratch.js';

/** How a command is started. */
export interface Launch {
  /** The command, e.g. `create`: the first word of args, for messages. */
  readonly name: string;
  /** The words from the command on; `fd` is the number of the first of `scratches` in the command. */
  args(fd: number): readonly string[];
  readonly stdio: readonly [Descriptor, Descriptor, Descriptor];
  /** Descriptors of ours that become 3, 4 … */
  readonly preserved?: readonly number[];
  /** Files that the command gets after those; they are closed once it runs. */
  readonly scratches?: readonly Scratch[];
}

/** How a command has ended. */
export interface Ending {
  /** Null when a signal ended it, or when it was never executed. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly spawnError: NodeJS.ErrnoException | undefined;
  readonly log: readonly LogEntry[];
}

const first = 3;

/** A command that has been started. */
export class Command {
  readonly name: string;
  readonly argv: readonly string[];
  readonly #program: string | undefined;
  readonly child: ChildProcess;
  /** Our ends of its pipes; undefined where it has none. */
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  /** When the process has ended; its streams may be open for longer. Never rejects. */
  readonly ended: Promise<Ending>;

  constructor(settings: Settings, launch: Launch) {
    const { preserved = [], scratches = [] } = launch;
    this.name = launch.name;
    this.#program = settings.command.at(-1);
    let log: Scratch | undefined;
    let pipes: Pipes | undefined;
    try {
      if (settings.keepsLog) log = new Scratch();
      pipes = new Pipes(launch.stdio);
      const place = first + preserved.length;
      const logArgs = log ? ['--log', `/proc/self/fd/${place + scratches.length}`, '--log-format', 'json'] : [];
      const [program, ...words] = settings.command;
      const args = [...words, ...settings.globals, ...logArgs, ...launch.args(place)];
      this.argv = [program, ...args];
      this.child = spawn(program, args, {
        cwd: settings.cwd,
        env: settings.env,
        stdio: [...pipes.stdio, ...preserved, ...scratches.map(({ fd }) => fd), ...(log ? [log.fd] : [])],
      });
      this.stdin = pipes.stdin(this.child);
      this.stdout = pipes.stdout(this.child);
      this.stderr = pipes.stderr(this.child);
    } catch (error) {
      // Out of descriptors or processes, or a NUL in an argument: everything else is told by an event.
      log?.close();
      pipes?.destroy();
      throw failureOf({
        ...{ name: launch.name, argv: [...settings.command], status: null, signal: null, stderr: '', log: [] },
        spawnError: error as NodeJS.ErrnoException,
      });
    } finally {
      pipes?.handedOver();
      for (const scratch of scratches) scratch.close();
    }
    this.ended = this.#end(log, settings);
  }

  /** The error that the ended command is. */
  failure({ status, signal, spawnError, log }: Ending, stderr: string): RuntimeError {
    return failureOf({
      name: this.name,
      argv: this.argv,
      program: this.#program,
      status,
      signal,
      spawnError,
      stderr,
      log,
    });
  }

  async #end(log: Scratch | undefined, settings: Settings): Promise<Ending> {
    const { child } = this;
    const ending = await new Promise<Omit<Ending, 'log'>>((resolve) => {
      // Without a pid it was never a process, and there is no 'exit'.
      child.on('error', (spawnError) => {
        if (child.pid === undefined) resolve({ status: null, signal: null, spawnError });
      });
      child.once('exit', (status, signal) => resolve({ status, signal, spawnError: undefined }));
    });
    const text = log?.read() ?? '';
    log?.close();
    if (settings.logFile !== undefined && text !== '') appendToLog(settings.logFile, text);
    const entries = readLog(text);
    for (const entry of entries) settings.tell(entry);
    return { ...ending, log: entries };
  }
}

function appendToLog(path: string, text: string): void {
  try {
    appendFileSync(path, text);
  } catch {
    // It could be written when the runtime was set up. No operation fails because of its log.
  }
}

/** Writes all of a text or of bytes to a process that may not read it. */
export function feed(stdin: Writable, data: string | Uint8Array): void {
  ignoreBrokenPipe(stdin);
  stdin.end(data);
}

/** A process need not read its input, and may end before it has: that is no error of ours. */
export function ignoreBrokenPipe(stream: Writable): void {
  stream.on('error', () => {});
}
