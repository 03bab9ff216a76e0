/** Makes the completion script for zsh. */
import type { ArgumentDefinition, OptionDefinition } from '../command-definition.js';
import { completedCommands, completedGlobals, offered, signalWords, takesValue } from './words.js';

/** Quotes text for a specification of _arguments in single quotes, where `:`, `[`, `]` and `\` have a meaning. */
const quoteSpecial = (text: string): string => text.replace(/[:[\]\\]/g, '\\$&').replace(/'/g, "'\\''");

function action(one: Parameters<typeof offered>[0]): string {
  const what = offered(one);
  if (what === undefined) return ' ';
  if (what === 'file') return '_files';
  if (what === 'directory') return '_files -/';
  if (what === 'container') return '_tsrunc_containers';
  if (what === 'command') return '_tsrunc_commands';
  return `(${what === 'signal' ? signalWords : what.join(' ')})`;
}

function optionSpecifications(option: OptionDefinition): string[] {
  const { name, short, description, kind, value } = option;
  const repeat = kind === 'list' ? '*' : short ? `(-${short} --${name})` : '';
  const tail = `[${quoteSpecial(description)}]${takesValue(option) ? `:${quoteSpecial(value ?? name)}:${action(option)}` : ''}`;
  // In _arguments, `-b` takes its value from the next word, and `--bundle=` takes it in the same word or in the next one.
  const forms = [...(short ? [`-${short}`] : []), `--${name}${takesValue(option) ? '=' : ''}`];
  return forms.map((form) => `'${repeat}${form}${tail}'`);
}

function argumentSpecification({ name, arity, ...rest }: ArgumentDefinition, index: number): string {
  const place = arity === 'rest' ? '*' : String(index + 1);
  const sort = arity === 'optional' ? '::' : ':';
  return `'${place}${sort}${quoteSpecial(name)}:${action(rest)}'`;
}

/** The text of the script for zsh: it calls _arguments for the global options, and again for those of the command. */
export function zshCompletion(): string {
  const commands = completedCommands();
  const cases = commands.map(({ name, options, arguments: args }) => {
    const lines = [...options.flatMap(optionSpecifications), ...args.map(argumentSpecification)];
    return `        ${name})\n          _arguments -S ${lines.join(' \\\n            ')}\n          ;;\n`;
  });
  return `#compdef tsrunc
# zsh completion of tsrunc: made by "tsrunc completion zsh".

_tsrunc_containers() {
  local -a containers
  containers=(\${(f)"$(_call_program containers tsrunc $tsrunc_root list --quiet 2>/dev/null)"})
  compadd -a containers
}

_tsrunc_commands() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    '${name}:${quoteSpecial(summary)}'\n`).join('')}  )
  _describe command commands
}

_tsrunc() {
  local curcontext=$curcontext state line
  local -A opt_args
  local -a tsrunc_root
  _arguments -C -S \\
    ${completedGlobals().flatMap(optionSpecifications).join(' \\\n    ')} \\
    '1:command:_tsrunc_commands' \\
    '*::argument:->arguments'
  # The options of the command take the place of the global ones in opt_args.
  [[ -n \${opt_args[--root]-} ]] && tsrunc_root=(--root \${opt_args[--root]})
  case $state in
    arguments)
      case $words[1] in
${cases.join('')}      esac
      ;;
  esac
}

if [[ $funcstack[1] == _tsrunc ]]; then
  _tsrunc "$@"
else
  compdef _tsrunc tsrunc
fi
`;
}
