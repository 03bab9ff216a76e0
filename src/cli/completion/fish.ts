import type { OptionDefinition } from '../command-definition.js';
import { completedCommands, completedGlobals, offered, signalWords, takesValue } from './words.js';

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

function values(one: Parameters<typeof offered>[0]): string {
  const what = offered(one);
  if (what === undefined) return '-f';
  if (what === 'file') return '-F';
  if (what === 'directory') return `-f -a '(__fish_complete_directories)'`;
  if (what === 'container') return `-f -a '(__tsrunc_containers)'`;
  if (what === 'command')
    return `-f -a ${quote(
      completedCommands()
        .map(({ name }) => name)
        .join(' '),
    )}`;
  return `-f -a ${quote(what === 'signal' ? signalWords : what.join(' '))}`;
}

function optionLine(condition: string, option: OptionDefinition): string {
  const { name, short, does } = option;
  const value = takesValue(option) ? ` -r ${values(option)}` : '';
  return `complete -c tsrunc -n ${quote(condition)}${short ? ` -s ${short}` : ''} -l ${name}${value} -d ${quote(does)}\n`;
}

/** The completion script for fish. */
export function fishCompletion(): string {
  const commands = completedCommands();
  const names = commands.map(({ name }) => name).join(' ');
  const none = `not __fish_seen_subcommand_from ${names}`;
  const lines = [
    ...completedGlobals().map((option) => optionLine(none, option)),
    ...commands.map(({ name, does }) => `complete -c tsrunc -n ${quote(none)} -f -a ${name} -d ${quote(does)}\n`),
    ...commands.flatMap(({ name, options, arguments: args }) => {
      const seen = `__fish_seen_subcommand_from ${name}`;
      const offers = new Set(args.map(values));
      return [
        ...options.map((option) => optionLine(seen, option)),
        ...[...offers].map((offer) => `complete -c tsrunc -n ${quote(seen)} ${offer}\n`),
      ];
    }),
  ];
  return `# fish completion of tsrunc: made by "tsrunc completion fish".

function __tsrunc_containers
    set -l words (commandline -opc)
    set -l root
    if set -l at (contains -i -- --root $words)
        set root --root $words[(math $at + 1)]
    end
    tsrunc $root list --quiet 2>/dev/null
end

complete -c tsrunc -f
${lines.join('')}`;
}
