/** The types of the table of commands, from which parsing, help, shell completion and the manual page are made. */

/**
 * How an option is used. `flag`: without a value, or with =true or =false. `text`: with a value; when it is given more than once,
 * the last one counts. `list`: with a value, each time it is given. `count`: with a decimal number, 0 or more.
 */
export type OptionKind = 'flag' | 'text' | 'list' | 'count';

/** The kind of things that shell completion offers for a value. */
export type Completion = 'file' | 'directory' | 'container' | 'signal' | 'command';

/** An option of a command, or a global one. */
export interface OptionDefinition {
  readonly name: string;
  readonly short?: string;
  readonly kind: OptionKind;
  /** What help calls the value, e.g. FILE. */
  readonly value?: string;
  /** What it does, for help. */
  readonly description: string;
  /** The only values that are allowed. */
  readonly choices?: readonly string[];
  /** Words that completion offers, where others are allowed as well. */
  readonly offers?: readonly string[];
  /** The default, for help: the code of the command applies it. */
  readonly default?: string;
  readonly complete?: Completion;
  /** Accepted for compatibility, and left out of help and completion. */
  readonly hidden?: boolean;
}

/** An argument of a command: a word that is not an option. */
export interface ArgumentDefinition {
  readonly name: string;
  readonly description: string;
  /** required: exactly one word; optional: one or none; rest: all the words that follow, maybe none. */
  readonly arity: 'required' | 'optional' | 'rest';
  readonly complete?: Completion;
  readonly choices?: readonly string[];
}

/** A command of tsrunc as its user sees it. Its code is in src/cli/commands. */
export interface CommandDefinition {
  readonly name: string;
  /** A line for the list of commands. */
  readonly summary: string;
  /** Paragraphs for the help of the command and for the manual page. */
  readonly description: readonly string[];
  readonly arguments: readonly ArgumentDefinition[];
  readonly options: readonly OptionDefinition[];
  /** No options are looked for after the first argument: the words there may be the command line of another program. */
  readonly haltAtArgument?: boolean;
  /** Callers parse its output, and some read stdout and stderr together: so no warning may be written to stderr. */
  readonly answers?: boolean;
  readonly examples?: readonly (readonly [command: string, effect: string])[];
}
