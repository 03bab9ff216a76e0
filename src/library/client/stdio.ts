/** The stdin, stdout and stderr of a process in a container. */
import type { Readable, Writable } from 'node:stream';
import { Capture, type CaptureOptions } from './capture.js';
import { type Command, feed, ignoreBrokenPipe } from './command.js';
import type { Descriptor } from './pipes.js';

/**
 * Where a process reads from: nothing (`ignore`, the default), this program's stdin (`inherit`), a stream that is had from the process
 * (`pipe`), a descriptor, a stream, or a text or bytes.
 */
export type StdinOption = 'ignore' | 'inherit' | 'pipe' | number | Readable | StdinData;

/** What a process reads, as a whole. */
export interface StdinData {
  /** A text, which is written as UTF-8, or bytes. */
  readonly data: string | Uint8Array;
}

/**
 * Where a process writes to: nowhere (`ignore`), this program's stdout or stderr (`inherit`), a stream that is had from the process
 * (`pipe`), the result (`capture`), a descriptor, or a stream, which is not ended.
 */
export type OutputOption = 'ignore' | 'inherit' | 'pipe' | 'capture' | number | Writable;

/** The same for a process that goes on when the command has ended: there is no result that could have its output. */
export type DetachedOutputOption = Exclude<OutputOption, 'capture'>;

/** Stdin, stdout and stderr of a process that is waited for. */
export interface StdioOptions extends CaptureOptions {
  /** Default: `ignore`. */
  readonly stdin?: StdinOption;
  /** Default: `capture`. */
  readonly stdout?: OutputOption;
  /** Default: `capture`. */
  readonly stderr?: OutputOption;
}

/** Stdin, stdout and stderr of a process that is not waited for. */
export interface DetachedStdioOptions {
  /** Default: `ignore`. */
  readonly stdin?: StdinOption;
  /** Default: `ignore`. */
  readonly stdout?: DetachedOutputOption;
  /** Default: `ignore`. */
  readonly stderr?: DetachedOutputOption;
}

/** How long the streams of an ended process may bring nothing before they are left: a child of it may hold them for ever. */
const LINGER = 100;

type Source = Extract<StdinOption, object>;

const isStdin = (option: StdinOption): option is Source => typeof option === 'object';
const isStream = (option: OutputOption): option is Writable => typeof option === 'object';

/** What the options become for child_process. */
export function descriptorsOf(
  options: Required<Pick<StdioOptions, 'stdin' | 'stdout' | 'stderr'>>,
): [Descriptor, Descriptor, Descriptor] {
  const output = (option: OutputOption, inherited: number): Descriptor => {
    if (option === 'inherit') return inherited;
    return option === 'capture' || isStream(option) ? 'pipe' : option;
  };
  const { stdin, stdout, stderr } = options;
  const input = isStdin(stdin) ? 'pipe' : stdin === 'inherit' ? 0 : stdin;
  return [input, output(stdout, 1), output(stderr, 2)];
}

/** Connects the pipes of a command with what the options say. `pipe` is left to the caller. */
export class Connection {
  readonly stdout: Capture | undefined;
  readonly stderr: Capture | undefined;
  readonly #streams: Readable[] = [];

  /** @param full called when the output that is captured has reached its limit, and the process is to be ended for it */
  constructor(
    command: Command,
    options: Required<Pick<StdioOptions, 'stdin' | 'stdout' | 'stderr'>> & CaptureOptions,
    full: () => void = () => {},
  ) {
    if (command.stdin) connectStdin(command.stdin, options.stdin);
    this.stdout = this.#connect(command.stdout, options.stdout, options, full);
    this.stderr = this.#connect(command.stderr, options.stderr, options, full);
  }

  #connect(from: Readable | undefined, to: OutputOption, options: CaptureOptions, full: () => void) {
    if (to === 'capture') {
      const capture = new Capture(options, full);
      if (from) {
        from.on('data', (chunk: Buffer) => capture.add(chunk));
        this.#streams.push(from);
      }
      return capture;
    }
    if (isStream(to) && from) {
      from.pipe(to, { end: false });
      this.#streams.push(from);
    }
    return undefined;
  }

  /** Waits until what the ended process has written was read. */
  async drained(): Promise<void> {
    await Promise.all(this.#streams.map(drain));
  }
}

function connectStdin(stdin: Writable, option: StdinOption): void {
  ignoreBrokenPipe(stdin);
  if (!isStdin(option)) return;
  if ('data' in option) {
    feed(stdin, option.data);
    return;
  }
  option.pipe(stdin);
  // A source that is never at its end would keep being asked by a pipe nobody reads.
  stdin.once('close', () => option.unpipe(stdin));
}

function drain(stream: Readable): Promise<void> {
  if (stream.closed) return Promise.resolve();
  return new Promise((resolve) => {
    const leave = (): void => {
      stream.destroy();
    };
    let timer = setTimeout(leave, LINGER);
    const more = (): void => {
      clearTimeout(timer);
      timer = setTimeout(leave, LINGER);
    };
    stream.on('data', more);
    stream.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
