/** What a command is: a function, and what it gets. */
import type { Runtime } from '../container/runtime.js';
import type { Native } from '../native/native.js';
import type { Looks } from './help/looks.js';
import type { Arguments } from './parse.js';

/** What a command gets to work with. */
export interface CommandContext {
  readonly native: Native;
  /** Its own options and arguments, checked against the table of commands. */
  readonly args: Arguments;
  /** The options that stood before the command's name. */
  readonly globals: Arguments;
  /** Of `explain`: the command that is to be explained, unless that is create. */
  readonly explained?: string | undefined;
  /** What operations on containers take, made from the global options. */
  readonly rt: Runtime;
  /** How wide stdout is, and whether it takes colours. */
  readonly looks: Looks;
  /** Writes text to stdout, where nothing but the documented output of the command may go. */
  print(text: string): void;
}

/** Carries out a command and returns the exit code of tsrunc. Throws TsruncError when it fails. */
export type Command = (context: CommandContext) => number;
