/** The table of commands: parsing, help, shell completion and the manual page are made from it. */
import type { CommandDefinition } from './command-definition.js';
import { controlCommands } from './definitions/control.js';
import { informationCommands } from './definitions/information.js';
import { lifecycleCommands } from './definitions/lifecycle.js';

/** Every command, in the order in which help lists them. */
export const commandTable: readonly CommandDefinition[] = [
  ...lifecycleCommands,
  ...controlCommands,
  ...informationCommands,
];

/** The definition of the command with this name; undefined when there is none. */
export function findCommand(name: string): CommandDefinition | undefined {
  return byName.get(name);
}

// A map, since searching the table would touch all of it: each command of the standalone executable would have to copy those pages.
const byName: ReadonlyMap<string, CommandDefinition> = new Map(commandTable.map((command) => [command.name, command]));
