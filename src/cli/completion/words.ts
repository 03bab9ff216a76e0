import type { ArgumentDefinition, Completion, OptionDefinition } from '../command-definition.js';
import { commandTable } from '../command-table.js';
import { globalOptions, helpOption } from '../shared-options.js';

/** What every shell's completion is made from: the table, without what is hidden. */
export interface CompletedCommand {
  /** '' for the global options. */
  readonly name: string;
  readonly does: string;
  readonly options: readonly OptionDefinition[];
  readonly arguments: readonly ArgumentDefinition[];
}

const visible = (options: readonly OptionDefinition[]): OptionDefinition[] => options.filter(({ hidden }) => !hidden);

export const completedGlobals = (): OptionDefinition[] => visible(globalOptions);

export function completedCommands(): CompletedCommand[] {
  return commandTable.map(({ name, does, options, arguments: args }) => {
    return { name, does, options: visible([...options, helpOption]), arguments: args };
  });
}

/** The spellings of an option that are offered: -b and --bundle. */
export function spellings({ name, short }: OptionDefinition): string[] {
  return short ? [`-${short}`, `--${name}`] : [`--${name}`];
}

/** Signals as kill offers them; every other spelling works too. */
export const signalWords = 'HUP INT QUIT ABRT KILL USR1 USR2 TERM CONT STOP WINCH';

/** Whether an option is followed by a value. */
export const takesValue = ({ kind }: OptionDefinition): boolean => kind !== 'flag';

/** What is offered for a value or an argument: a fixed list, or one of the kinds. */
export function offered(one: {
  choices?: readonly string[];
  complete?: Completion;
}): readonly string[] | Completion | undefined {
  return one.choices ?? one.complete;
}
