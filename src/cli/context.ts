import type { Runtime } from '../container/runtime.js';
import type { Native } from '../native/native.js';
import type { Arguments } from './parse.js';

/** What a command gets: the machine, its checked arguments and the settings made from the global options. */
export interface CommandContext {
  readonly native: Native;
  readonly args: Arguments;
  /** The global options. */
  readonly globals: Arguments;
  readonly rt: Runtime;
  /** Writes to stdout; whatever is printed there is the documented output of the command and nothing else. */
  print(text: string): void;
}

/** A command: returns the exit code, throws TsruncError. */
export type Command = (context: CommandContext) => number;
