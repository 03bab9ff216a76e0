/** Reads a command line by the definitions of its options and arguments. */
import parser from 'yargs-parser/browser';
import { TsruncError } from '../base/error.js';
import { nearest } from '../base/nearest.js';
import { quote, shorten } from '../base/quote.js';
import type { ArgumentDefinition, OptionDefinition } from './command-definition.js';
import { argumentHint, optionHint } from './help/hints.js';
import { usageOf } from './help/usage.js';
import { readPlainWords } from './plain-words.js';

/** The options and arguments of a command, or the global ones, checked against their definitions. */
export class Arguments {
  readonly #values: ReadonlyMap<string, readonly string[]>;
  /** The words that are not options, in order. */
  readonly positionals: readonly string[];

  constructor(values: ReadonlyMap<string, readonly string[]>, positionals: readonly string[]) {
    this.#values = values;
    this.positionals = positionals;
  }

  /** The last value of an option; undefined when it was not given. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /** All values of an option, in order. */
  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** Whether a flag was given, and not with a value like `false`. */
  flag(name: string): boolean {
    const text = this.text(name);
    return text !== undefined && (text === 'true' || truth(text) === true);
  }

  /** The number of an option of kind `count`; 0 when it was not given. */
  count(name: string): number {
    return Number(this.text(name) ?? 0);
  }
}

/** The value of a flag as Go's flag package reads it, since callers of runc may write it so; undefined for any other word. */
function truth(text: string): boolean | undefined {
  if (/^(1|t|T|true|True|TRUE)$/.test(text)) return true;
  return /^(0|f|F|false|False|FALSE)$/.test(text) ? false : undefined;
}

// yargs-parser takes a word `true` or `false` after a flag as its value, and any other value of a flag as false. So yargs-parser is
// told that flags have a value like other options, and each flag without one is given a mark as its value: a NUL, which no command
// line can hold. An option named `_` would be mixed with the positionals, so that name is marked with a NUL as well. Both marks are
// taken off again where the word turns out to be a value or a positional.
const BARE = '=\0';
const mark = (word: string, flags: ReadonlySet<string>): string =>
  flags.has(word) ? word + BARE : word.replace(/^(--?)_(?=$|=)/, '$1\0_');
const unmark = (word: string): string => (word.endsWith(BARE) ? word.slice(0, -BARE.length) : word).replace('\0', '');

/**
 * Splits words into options and positionals. An option may be written `--name value`, `--name=value`, `-name value` or `-n value`, and
 * its value may begin with `-`; `--` ends the options. An option that is not in `options` is an error.
 * @param where the command's name for messages, '' for the global options
 * @param halt everything from the first positional on belongs to the positionals
 * @throws TsruncError 'usage' that names the option and says what would be right
 */
export function parseArguments(
  words: readonly string[],
  options: readonly OptionDefinition[],
  where: string,
  halt: boolean,
): Arguments {
  const plain = readPlainWords(words, options, halt);
  if (plain === undefined) return parseOtherWords(words, options, where, halt);
  const values = new Map<string, readonly string[]>();
  for (const [option, given] of plain.given) {
    // The same mark that a flag without a value has after yargs-parser.
    values.set(option.name, checkValues(option, option.kind === 'flag' ? given.map(() => '\0') : given, where));
  }
  return new Arguments(values, plain.positionals);
}

/** The same for words of any form, by yargs-parser. Exported so that a test can compare the two ways. */
export function parseOtherWords(
  words: readonly string[],
  options: readonly OptionDefinition[],
  where: string,
  halt: boolean,
): Arguments {
  const spellings = (option: OptionDefinition): string[] =>
    [option.name, ...(option.short ? [option.short] : [])].flatMap((name) => [`-${name}`, `--${name}`]);
  const flags = new Set(options.filter((option) => option.kind === 'flag').flatMap(spellings));
  const parsed = parser(
    words.map((word) => mark(word, flags)),
    {
      alias: Object.fromEntries(options.flatMap(({ name, short }) => (short ? [[name, [short]]] : []))),
      string: options.map((option) => option.name),
      narg: Object.fromEntries(options.map((option) => [option.name, 1])),
      configuration: {
        'boolean-negation': false,
        'camel-case-expansion': false,
        'dot-notation': false,
        'duplicate-arguments-array': true,
        'halt-at-non-option': halt,
        'nargs-eats-options': true,
        'parse-numbers': false,
        'parse-positional-numbers': false,
        'short-option-groups': false,
        'strip-aliased': true,
      },
    },
  );
  const values = new Map<string, readonly string[]>();
  for (const [key, given] of Object.entries(parsed)) {
    if (key === '_') continue;
    const option = options.find(({ name }) => name === key);
    if (!option) throw unknownOption(unmark(key), words, options, where);
    values.set(key, checkValues(option, [given].flat() as (string | undefined)[], where));
  }
  return new Arguments(values, parsed._.map(String).map(unmark));
}

const prefix = (where: string): string => (where ? `${where}: ` : '');

function unknownOption(
  name: string,
  words: readonly string[],
  options: readonly OptionDefinition[],
  where: string,
): TsruncError {
  const known = options.filter((option) => !option.hidden);
  const near = nearest(
    name,
    known.map((option) => option.name),
  );
  const letters = known.filter((option) => option.kind === 'flag').map((option) => option.short);
  const typed = optionHint(where, name, words);
  let hint = `see "tsrunc ${where ? `help ${where}` : '--help'}"`;
  if (typed) hint = typed;
  else if (near) hint = `did you mean --${near}?`;
  else if (name.length <= letters.length && [...name].every((letter) => letters.includes(letter)))
    hint = `give them one by one: -${[...name].join(' -')}`;
  const given = words.map((word) => word.replace(/=.*$/s, '')).find((word) => /^--?/.test(word) && word.endsWith(name));
  return new TsruncError('usage', `${prefix(where)}flag provided but not defined: ${shorten(given ?? `--${name}`)}`, {
    hint,
  });
}

/** The values of one option as text, after checking them; `true` for a flag without a value. Throws TsruncError 'usage'. */
function checkValues(option: OptionDefinition, given: readonly (string | undefined)[], where: string): string[] {
  return given.map((value) => {
    const wrong = (what: string): TsruncError => new TsruncError('usage', `${prefix(where)}${what}`);
    if (value === undefined) {
      throw wrong(`flag needs an argument: --${option.name} ${option.value ?? ''}`.trimEnd());
    }
    if (option.kind === 'flag') {
      if (value === '\0') return 'true';
      if (truth(value) !== undefined) return value;
      throw wrong(`invalid value ${quote(value)} for flag --${option.name}: must be true or false`);
    }
    const text = unmark(value);
    if (option.kind === 'count' && !/^\d{1,9}$/.test(text)) {
      throw wrong(`invalid value ${quote(text)} for flag --${option.name}: must be a number, 0 or more`);
    }
    if (option.choices && !option.choices.includes(text)) {
      throw wrong(`invalid value ${quote(text)} for flag --${option.name}: must be ${oneOf(option.choices)}`);
    }
    return text;
  });
}

/** Words as a list in a sentence: "a, b or c". */
export function oneOf(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/**
 * Checks the number of positionals, and their values where only some are allowed.
 * @param where the command's name
 * @throws TsruncError 'usage'; for a wrong number in runc's words
 */
export function checkPositionals(
  positionals: readonly string[],
  definitions: readonly ArgumentDefinition[],
  where: string,
): void {
  const least = definitions.filter(({ arity }) => arity === 'required').length;
  const most = definitions.some(({ arity }) => arity === 'rest') ? Number.POSITIVE_INFINITY : definitions.length;
  const given = positionals.length;
  const counts = least === most ? `exactly ${least}` : given < least ? `a minimum of ${least}` : `a maximum of ${most}`;
  if (given < least || given > most) {
    throw new TsruncError('usage', `tsrunc: "${where}" requires ${counts} argument(s)`, {
      hint: argumentHint(where, positionals) ?? `usage: ${usageOf(where, definitions)}`,
    });
  }
  definitions.forEach(({ name, choices }, i) => {
    const value = positionals[i];
    if (choices && value !== undefined && !choices.includes(value)) {
      throw new TsruncError('usage', `${where}: invalid ${name} ${quote(value)}: must be ${oneOf(choices)}`);
    }
  });
}
