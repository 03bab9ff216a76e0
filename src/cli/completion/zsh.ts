import type { ArgumentDefinition, OptionDefinition } from '../command-definition.js';
import { completedCommands, completedGlobals, offered, signalWords, takesValue } from './words.js';

/** Text inside a single-quoted specification of _arguments, where : [ ] have a meaning. */
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
  const { name, short, does, kind, value } = option;
  const repeat = kind === 'list' ? '*' : short ? `(-${short} --${name})` : '';
  const tail = `[${quoteSpecial(does)}]${takesValue(option) ? `:${quoteSpecial(value ?? name)}:${action(option)}` : ''}`;
  // The bare - of -b takes the value as the next word, = of --bundle takes both forms.
  const forms = [...(short ? [`-${short}`] : []), `--${name}${takesValue(option) ? '=' : ''}`];
  return forms.map((form) => `'${repeat}${form}${tail}'`);
}

function argumentSpecification({ name, arity, ...rest }: ArgumentDefinition, index: number): string {
  const place = arity === 'rest' ? '*' : String(index + 1);
  const sort = arity === 'optional' ? '::' : ':';
  return `'${place}${sort}${quoteSpecial(name)}:${action(rest)}'`;
}

/** The completion script for zsh. */
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
${commands.map(({ name, does }) => `    '${name}:${quoteSpecial(does)}'\n`).join('')}  )
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
