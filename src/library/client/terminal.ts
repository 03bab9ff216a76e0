/** Terminals of processes in containers, as streams. */
import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type NativeHalf, nativeHalf } from './native-half.js';
import { RuntimeError } from './runtime-error.js';

/** Asks for a terminal: its size in characters, or true for the size that the configuration says, or none. */
export type TerminalOption = true | TerminalSize;

/** The size of a terminal's window. */
export interface TerminalSize {
  /** How many characters a line has. */
  readonly columns: number;
  /** How many lines there are. */
  readonly rows: number;
}

/**
 * A terminal, from outside: what is written is typed, what is read is the output. It ends when the last process that has the terminal
 * open has closed it. `end()` only means that no more is typed; `destroy()` hangs up, which sends SIGHUP to the process in a detached
 * container.
 */
export interface Terminal extends Duplex {
  /** Sets the size of the window, in characters; the process gets SIGWINCH. Nothing happens after the end. */
  resize(columns: number, rows: number): void;
}

/** A Terminal that this room makes. */
export class TerminalStream extends Socket implements Terminal {
  readonly #half: NativeHalf;
  readonly #number: number;
  #resized: () => void = () => {};

  constructor(half: NativeHalf, number: number, fd: number) {
    super({ fd, readable: true, writable: true, allowHalfOpen: true });
    this.#half = half;
    this.#number = number;
    // Typing at a terminal that has hung up: whoever reads it is told by its end.
    this.on('error', () => {});
    this.once('end', () => this.end());
  }

  resize(columns: number, rows: number): void {
    this.#half.resizeTerminal(this.#number, checked(columns, 'columns'), checked(rows, 'rows'));
    this.#resized();
  }

  /** Has `act` called after each change of the size. */
  onResize(act: () => void): void {
    this.#resized = act;
  }
}

/** A new terminal whose inner side is the descriptor `fd`, until close() is called. */
export function openTerminal(option: TerminalOption): { terminal: TerminalStream; fd: number; close(): void } {
  const half = neededHalf();
  const [columns, rows] = sizeOf(option);
  const [number, socket, fd] = half.serveTerminal(columns, rows);
  return { terminal: new TerminalStream(half, number, socket), fd, close: () => closeSync(fd) };
}

/** A unix socket at `path` for --console-socket, and the terminal that will come there; close() once the command has ended. */
export function openConsole(option: TerminalOption): { terminal: TerminalStream; path: string; close(): void } {
  const half = neededHalf();
  // sun_path of unix(7) holds 108 bytes, and /tmp is the shortest directory there is for this.
  const directory = mkdtempSync(join(tmpdir().length < 64 ? tmpdir() : '/tmp', 'tsrunc-tty-'));
  const close = (): void => rmSync(directory, { recursive: true, force: true });
  try {
    const path = join(directory, 'console');
    const [number, socket] = half.serveConsole(path);
    const terminal = new TerminalStream(half, number, socket);
    if (option !== true) terminal.resize(option.columns, option.rows);
    return { terminal, path, close };
  } catch (error) {
    close();
    throw error;
  }
}

function sizeOf(option: TerminalOption): [number, number] {
  return option === true ? [0, 0] : [checked(option.columns, 'columns'), checked(option.rows, 'rows')];
}

function checked(value: number, name: string): number {
  if (Number.isInteger(value) && value > 0 && value <= 65535) return value;
  throw new TypeError(`${name} is ${value}; it must be an integer from 1 to 65535`);
}

function neededHalf(): NativeHalf {
  try {
    return nativeHalf();
  } catch (error) {
    const message = `a terminal needs the native half: ${(error as Error).message}`;
    throw new RuntimeError(message, { code: 'unsupported', argv: [], cause: error });
  }
}
