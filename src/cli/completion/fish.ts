/** Makes the completion script for fish. */
import type { OptionDefinition } from '../command-definition.js';
import {
  type CompletedCommand,
  completedCommands,
  completedGlobals,
  offered,
  signalWords,
  spellings,
  takesValue,
} from './words.js';

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

function values(one: Parameters<typeof offered>[0]): string {
  const what = offered(one);
  if (what === undefined) return '-f';
  if (what === 'file') return '-F';
  if (what === 'directory') return `-f -a '(__fish_complete_directories)'`;
  if (what === 'container') return `-f -a '(__tsrunc_containers)'`;
  if (what === 'command') return `-f -a ${quote(namesOf(completedCommands()))}`;
  return `-f -a ${quote(what === 'signal' ? signalWords : what.join(' '))}`;
}

const namesOf = (commands: readonly CompletedCommand[]): string => commands.map(({ name }) => name).join(' ');

function optionLine(condition: string, option: OptionDefinition): string {
  const { name, short, description } = option;
  const value = takesValue(option) ? ` -r ${values(option)}` : '';
  return `complete -c tsrunc -n ${quote(condition)}${short ? ` -s ${short}` : ''} -l ${name}${value} -d ${quote(description)}\n`;
}

function commandLines({ name, options, halts, arguments: args }: CompletedCommand): string[] {
  const there = halts ? `__tsrunc_at ${name} 0` : `__tsrunc_at ${name}`;
  return [
    ...options.map((option) => optionLine(there, option)),
    ...args.map((argument, i) => `complete -c tsrunc -n '__tsrunc_at ${name} ${i}' ${values(argument)}\n`),
  ];
}

/** The text of the script for fish: one `complete` command for each option, command and argument, each where it may stand. */
export function fishCompletion(): string {
  const commands = completedCommands();
  const valued = [{ name: '', options: completedGlobals() }, ...commands].flatMap(({ name, options }) =>
    options.filter(takesValue).flatMap((option) => spellings(option).map((spelling) => `${name}:${spelling}`)),
  );
  const lines = [
    ...completedGlobals().map((option) => optionLine(`__tsrunc_at ''`, option)),
    ...commands.map(
      ({ name, summary }) => `complete -c tsrunc -n "__tsrunc_at ''" -f -a ${name} -d ${quote(summary)}\n`,
    ),
    ...commands.flatMap(commandLines),
  ];
  return `# fish completion of tsrunc: made by "tsrunc completion fish".

# Prints the command, how many of its arguments stand before the cursor, and the value of --root.
function __tsrunc_words
    set -l valued ${valued.join(' ')}
    set -l words (commandline -opc)
    set -l command ''
    set -l given 0
    set -l root ''
    set -l i 2
    while test $i -le (count $words)
        set -l word $words[$i]
        if contains -- "$command:$word" $valued
            set i (math $i + 1)
            test "$command:$word" = :--root -a $i -le (count $words); and set root $words[$i]
        else if string match -q -- '-*' $word
            test -z "$command"; and string match -q -- '--root=*' $word; and set root (string sub -s 8 -- $word)
        else if test -z "$command"
            set command $word
        else
            set given (math $given + 1)
        end
        set i (math $i + 1)
    end
    printf '%s\\n' "$command" $given "$root"
end

# Whether the word at the cursor belongs to this command, and where a number is given, is the argument of that number.
function __tsrunc_at
    set -l at (__tsrunc_words)
    test "$at[1]" = "$argv[1]"; and begin
        test (count $argv) -eq 1; or test $at[2] -eq $argv[2]
    end
end

function __tsrunc_containers
    set -l words (commandline -opc)
    set -l at (__tsrunc_words)
    set -l root
    test -n "$at[3]"; and set root --root $at[3]
    $words[1] $root list --quiet 2>/dev/null
end

complete -c tsrunc -f
${lines.join('')}`;
}
