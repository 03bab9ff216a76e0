/** Makes the help texts from the table of commands. */
import type { CommandDefinition, OptionDefinition } from '../command-definition.js';
import { commandTable, findCommand } from '../command-table.js';
import { globalOptions, helpOption } from '../shared-options.js';
import { fold, twoColumns } from './fold.js';
import { type Looks, styled } from './looks.js';
import { usageOf } from './usage.js';

/** The help of a command, or for '' that of tsrunc; undefined when there is no such command. */
export function helpText(name: string, looks: Looks): string | undefined {
  if (name === '') return mainHelp(looks);
  const command = findCommand(name);
  return command && commandHelp(command, looks);
}

function mainHelp(looks: Looks): string {
  return join([
    ['tsrunc [global options] COMMAND [options] [arguments]'],
    fold('Runs containers as the OCI runtime specification describes them.', looks.width),
    section(
      'Commands',
      commandTable.map(({ name, summary }) => [name, summary] as const),
      looks,
    ),
    section('Global options', optionPairs(globalOptions), looks),
    fold('"tsrunc help COMMAND" shows the options of a command.', looks.width),
  ]);
}

function commandHelp(
  { name, summary, description, arguments: args, options, examples }: CommandDefinition,
  looks: Looks,
) {
  const paragraphs = description.length > 0 ? description : [`${summary}.`];
  return join([
    fold(usageOf(name, args), looks.width),
    ...paragraphs.map((text) => fold(text, looks.width)),
    section(
      'Arguments',
      args.map((one) => [one.name, one.description] as const),
      looks,
    ),
    section('Options', optionPairs([...options, helpOption]), looks),
    exampleSection(examples ?? [], looks),
  ]);
}

function optionPairs(options: readonly OptionDefinition[]): (readonly [string, string])[] {
  return options
    .filter(({ hidden }) => !hidden)
    .map(({ name, short, value, description, choices, default: usual }) => {
      const left = `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`;
      const notes = [...(choices ? [choices.join(', ')] : []), ...(usual ? [`default: ${usual}`] : [])].join('; ');
      return [left, notes ? `${description} (${notes})` : description] as const;
    });
}

function section(heading: string, pairs: readonly (readonly [string, string])[], looks: Looks): string[] {
  return pairs.length === 0 ? [] : [styled(`${heading}:`, 'bold', looks), ...twoColumns(pairs, looks.width)];
}

/** Each command line is left whole, so that it can be copied, with what it does on the line above. */
function exampleSection(examples: NonNullable<CommandDefinition['examples']>, looks: Looks): string[] {
  if (examples.length === 0) return [];
  const lines = examples.flatMap(([command, effect]) => [
    ...fold(effect, looks.width - 4).map((line) => `  ${line}`),
    `    ${command}`,
  ]);
  return [styled('Examples:', 'bold', looks), ...lines];
}

const join = (parts: readonly (readonly string[])[]): string =>
  `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
