import type { OptionDefinition } from './command-definition.js';

/** Options as they were given, by name, with `undefined` for a flag; and what is no option. */
export interface PlainWords {
  readonly given: ReadonlyMap<OptionDefinition, readonly (string | undefined)[]>;
  readonly positionals: readonly string[];
}

/**
 * Reads words that are all of the plainest form, `--name value`, `-n value`, `--flag`, which is how engines call: yargs-parser
 * takes longer for them than `state` takes for all the rest. Anything else, be it right or wrong, is left to it.
 * @returns undefined for words of any other form.
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
    const option = options.find(({ name, short }) => key === (long ? name : short));
    if (option === undefined) return undefined;
    let value: string | undefined;
    if (option.kind !== 'flag') {
      value = words[++at];
      // A value in quotes loses them there.
      if (value === undefined || value === '' || /^["'-]/.test(value)) return undefined;
    }
    const values = given.get(option);
    if (values) values.push(value);
    else given.set(option, [value]);
  }
  return { given, positionals };
}
