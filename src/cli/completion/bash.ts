/** Makes the completion script for bash. */
import {
  type CompletedCommand,
  completedCommands,
  completedGlobals,
  offered,
  signalWords,
  spellings,
  takesValue,
} from './words.js';

function words(one: Parameters<typeof offered>[0]): string {
  const what = offered(one);
  if (what === undefined) return ':';
  if (what === 'file') return '_tsrunc_files';
  if (what === 'directory') return '_tsrunc_files -d';
  if (what === 'container') return '_tsrunc_words "$(_tsrunc_containers)"';
  if (what === 'signal') return `_tsrunc_words "${signalWords}"`;
  if (what === 'command') return '_tsrunc_words "$commands"';
  return `_tsrunc_words "${what.join(' ')}"`;
}

/** The cases of the script for values of options: `create:-b|create:--bundle) ... ;;`. */
function valueCases({ name, options }: Pick<CompletedCommand, 'name' | 'options'>): string {
  return options
    .filter(takesValue)
    .map(
      (option) =>
        `    ${spellings(option)
          .map((spelling) => `${name}:${spelling}`)
          .join('|')}) ${words(option)}; return ;;\n`,
    )
    .join('');
}

function argumentCases({ name, arguments: args }: CompletedCommand): string {
  return args.map((argument, i) => `    ${name}:${i}) ${words(argument)} ;;\n`).join('');
}

/** The text of the script for bash: a function that finds the command among the words, and then what the word at the cursor is. */
export function bashCompletion(): string {
  const globals = completedGlobals();
  const commands = completedCommands();
  const halting = commands.filter(({ halts }) => halts).map(({ name }) => name);
  const every = [{ name: '', options: globals }, ...commands];
  const valued = every.flatMap(({ name, options }) => {
    return options.filter(takesValue).flatMap((option) => spellings(option).map((spelling) => `${name}:${spelling}`));
  });
  const optionCases = every
    .map(({ name, options }) => `    ${name || "''"}) _tsrunc_words "${options.flatMap(spellings).join(' ')}" ;;\n`)
    .join('');
  return `# bash completion of tsrunc: made by "tsrunc completion bash".

_tsrunc_words() {
  local word
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$1" -- "$current")
}

_tsrunc_files() {
  local file
  compopt -o filenames 2>/dev/null
  while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen "\${1:--f}" -- "$current")
}

_tsrunc_containers() {
  "\${COMP_WORDS[0]}" "\${root[@]}" list --quiet 2>/dev/null
}

_tsrunc_has_value() {
  case "$1" in
    ${valued.join('|')}) return 0 ;;
  esac
  return 1
}

_tsrunc() {
  local current=\${COMP_WORDS[COMP_CWORD]} before='' command='' given=0 i word
  local commands="${commands.map(({ name }) => name).join(' ')}"
  local -a root=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    before=''
    if _tsrunc_has_value "$command:$word"; then
      before=$word
      # bash splits --root=DIR into three words
      [[ \${COMP_WORDS[i + 1]} == '=' ]] && ((i++))
      ((i++))
      [[ $word == --root && $i -lt $COMP_CWORD ]] && root=(--root "\${COMP_WORDS[i]}")
      ((i < COMP_CWORD)) && before=''
    elif [[ $word == -* ]]; then
      :
    elif [[ -z $command ]]; then
      command=$word
    else
      ((given++))
    fi
  done
  [[ $current == '=' ]] && current=''
  case "$command:$before" in
${every.map(valueCases).join('')}  esac
  if [[ $current == -* ]]; then
    case "$command:$given" in
      ${halting.map((name) => `${name}:0`).join(' | ')}) ;;
      ${halting.map((name) => `${name}:*`).join(' | ')}) return ;;
    esac
    case "$command" in
${optionCases}    esac
    return
  fi
  case "$command:$given" in
    :0) _tsrunc_words "$commands" ;;
${commands.map(argumentCases).join('')}  esac
}

complete -F _tsrunc tsrunc
`;
}
