/** The commands that `explain` explains besides create: `explain exec ID …` takes what `exec ID …` takes. */
import type { CommandDefinition } from '../command-definition.js';
import { textFormatOption } from '../shared-options.js';

/** Their names. */
export const explainedNames: readonly string[] = ['exec', 'update', 'delete', 'restore'];

/** How the words behind `explain exec` are read: as those behind `exec`, and --format. */
export function explainedDefinition(definition: CommandDefinition): CommandDefinition {
  return { ...definition, name: `explain ${definition.name}`, options: [...definition.options, textFormatOption] };
}
