/** Reads the simple command lines that engines write, faster than yargs-parser can. */
import type { OptionDefinition } from './command-definition.js';

/** The values of each given option, in order (undefined for a flag without one), and the words that are not options. */
export interface PlainWords {
  readonly given: ReadonlyMap<OptionDefinition, readonly (string | undefined)[]>;
  readonly positionals: readonly string[];
}

const quotesAndDash = ['"', "'", '-'];

function optionCalled(key: string, long: boolean, options: readonly OptionDefinition[]): OptionDefinition | undefined {
  for (let i = 0; i < options.length; i++) {
    const option = options[i]!;
    if (key === (long ? option.name : option.short)) return option;
  }
  return undefined;
}

/**
 * Reads words that all have one of the forms `--name value`, `-n value`, `--flag` and `word`. Engines write no others, and
 * yargs-parser would take longer to read them than a command such as `state` takes for all the rest.
 * @param halt everything from the first word that is no option on belongs to the positionals
 * @returns undefined when any word has another form or is wrong: then yargs-parser has to read them.
 */
export function readPlainWords(
  words: readonly string[],
  options: readonly OptionDefinition[],
  halt: boolean,
): PlainWords | undefined {
  const given = new Map<OptionDefinition, (string | undefined)[]>();
  const positionals: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (!word.startsWith('-')) {
      if (halt) return { given, positionals: words.slice(at) };
      positionals.push(word);
      continue;
    }
    const long = word.startsWith('--');
    const key = word.slice(long ? 2 : 1);
    const option = optionCalled(key, long, options);
    if (option === undefined) return undefined;
    let value: string | undefined;
    if (option.kind !== 'flag') {
      value = words[++at];
      // yargs-parser takes the quotes off such a value.
      if (value === undefined || value === '' || quotesAndDash.includes(value.charAt(0))) return undefined;
    }
    const values = given.get(option);
    if (values) values.push(value);
    else given.set(option, [value]);
  }
  return { given, positionals };
}
