/** What the completion scripts of all shells are made from: the table of commands, without what is hidden. */
import type { ArgumentDefinition, Completion, OptionDefinition } from '../command-definition.js';
import { commandTable } from '../command-table.js';
import { globalOptions, helpOption } from '../shared-options.js';

/** A command as completion knows it, or with the name '' the global options. */
export interface CompletedCommand {
  /** '' for the global options. */
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionDefinition[];
  /** No options are offered behind the first argument. */
  readonly halts: boolean;
  readonly arguments: readonly ArgumentDefinition[];
}

const visible = (options: readonly OptionDefinition[]): OptionDefinition[] => options.filter(({ hidden }) => !hidden);

/** The global options to complete. */
export const completedGlobals = (): OptionDefinition[] => visible(globalOptions);

/** The commands to complete, each with its options (among them --help) and arguments. */
export function completedCommands(): CompletedCommand[] {
  return commandTable.map(({ name, summary, options, arguments: args, haltAtArgument }) => {
    return {
      name,
      summary,
      options: visible([...options, helpOption]),
      halts: haltAtArgument === true,
      arguments: args,
    };
  });
}

/** The forms of an option that are offered: -b and --bundle. */
export function spellings({ name, short }: OptionDefinition): string[] {
  return short ? [`-${short}`, `--${name}`] : [`--${name}`];
}

const signals = ['HUP', 'INT', 'QUIT', 'ABRT', 'KILL', 'USR1', 'USR2', 'TERM', 'CONT', 'STOP', 'WINCH'];

/** The names that are offered for a signal, with and without SIG. `kill` also takes other names and forms of them. */
export const signalWords = [...signals, ...signals.map((name) => `SIG${name}`)].join(' ');

/** Whether the word after an option is its value. */
export const takesValue = ({ kind }: OptionDefinition): boolean => kind !== 'flag';

/** What is offered for the value of an option or for an argument: a list of words, a kind of things, or undefined for nothing. */
export function offered(one: {
  choices?: readonly string[];
  offers?: readonly string[];
  complete?: Completion;
}): readonly string[] | Completion | undefined {
  return one.choices ?? one.offers ?? one.complete;
}
