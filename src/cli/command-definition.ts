/** What the one table of commands is made of; parsing, help, completion and the manual page all read it. */

/**
 * `flag` takes no value (or =true, =false); `text` one value, the last wins; `list` may be repeated; `count` is a
 * non-negative decimal number.
 */
export type OptionKind = 'flag' | 'text' | 'list' | 'count';

/** What shell completion offers for a value. */
export type Completion = 'file' | 'directory' | 'container' | 'signal' | 'command';

export interface OptionDefinition {
  readonly name: string;
  readonly short?: string;
  readonly kind: OptionKind;
  /** Name of the value in help, e.g. FILE. */
  readonly value?: string;
  readonly does: string;
  readonly choices?: readonly string[];
  readonly fallback?: string;
  readonly complete?: Completion;
  /** Accepted for compatibility; not in help. */
  readonly hidden?: boolean;
}

export interface ArgumentDefinition {
  readonly name: string;
  readonly does: string;
  /** required: exactly one; optional: none or one; rest: all that follow (may be none). */
  readonly arity: 'required' | 'optional' | 'rest';
  readonly complete?: Completion;
  readonly choices?: readonly string[];
}

export interface CommandDefinition {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly does: string;
  /** Paragraphs for the help of the command and for the manual. */
  readonly about: readonly string[];
  readonly arguments: readonly ArgumentDefinition[];
  readonly options: readonly OptionDefinition[];
  /** Option parsing ends at the first argument: what follows may hold options of another program. */
  readonly haltAtArgument?: boolean;
  /** Its output is an answer that callers parse, some of them stdout and stderr together: no warning is written there. */
  readonly answers?: boolean;
  readonly examples?: readonly (readonly [command: string, does: string])[];
}
