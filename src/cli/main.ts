import { EMFILE } from '../base/errno.js';
import { isErrno, TsruncError, withFields } from '../base/error.js';
import { version } from '../base/generated/build-info.js';
import { nearest } from '../base/nearest.js';
import { quote } from '../base/quote.js';
import type { Native } from '../native/native.js';
import type { CommandDefinition } from './command-definition.js';
import { commandTable, findCommand } from './command-table.js';
import type { Command } from './context.js';
import { describeError } from './describe-error.js';
import { helpTexts } from './generated/help.js';
import { Log } from './log.js';
import { type Arguments, checkPositionals, parseArguments } from './parse.js';
import { runtimeOf } from './settings.js';
import { globalOptions, helpOption } from './shared-options.js';
import { versionText } from './version.js';

const STDOUT = 1;
/** Exit code of exec when it is tsrunc that fails and not the process; every other failure is 1, as with runc. */
const EXEC_FAILURE = 255;

/**
 * Runs the command line `argv` (without the program's name) and returns the exit code. Everything that fails ends here
 * in one message; nothing is thrown.
 * @param commands the code of the commands, by name: of all, or of the one that is called.
 * @param host what the core runs on, for --version.
 */
export function main(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
  native: Native,
  commands: Readonly<Record<string, Command>>,
  host = '',
): number {
  let log = new Log(native, { file: undefined, format: 'text', debug: false });
  let prefix = '';
  let failure = 1;
  try {
    const globals = parseArguments(argv, globalOptions, '', true);
    log = new Log(native, {
      file: globals.text('log') || undefined,
      format: globals.text('log-format') === 'json' ? 'json' : 'text',
      debug: globals.flag('debug'),
    });
    const print = (text: string): void => native.write(STDOUT, text);
    const [name, ...words] = globals.positionals;
    if (globals.flag('version')) {
      print(versionText(native, host));
      return 0;
    }
    if (globals.flag('help') || name === undefined) {
      print(helpTexts[''] ?? '');
      return 0;
    }
    checkLog(log, globals.text('log') ?? '');
    const definition = commandNamed(name);
    const args = argumentsOf(definition, words);
    if (args.flag('help')) {
      print(helpTexts[name] ?? '');
      return 0;
    }
    checkPositionals(args.positionals, definition.arguments, name);
    if (name === 'exec') failure = EXEC_FAILURE;
    prefix = prefixes[name] ?? '';
    log.enter(name, definition.answers === true);
    log.debug(`tsrunc ${version}: ${argv.join(' ')}`);
    const command = commands[name];
    if (!command) throw new TsruncError('internal', `the command ${name} has no code`);
    const code = command({
      native,
      args,
      globals,
      print,
      // Made on first use: features, help and completion work with settings that no container could have.
      get rt() {
        return runtimeOf(globals, env, cwd, native, log);
      },
    });
    log.settle();
    return code;
  } catch (error) {
    const described = describeError(withLimit(error, native), prefix);
    if (typeof described.fields.stack === 'string') log.debug(described.fields.stack);
    log.error(described);
    return failure;
  }
}

/** @throws TsruncError 'system' that names the option. */
function checkLog(log: Log, path: string): void {
  try {
    log.check();
  } catch (error) {
    throw error instanceof TsruncError ? withFields(error, {}, `--log ${path}: ${error.message}`) : error;
  }
}

/**
 * Without a descriptor nothing can be done, and the soft limit is as high as it may be: the hard one is what to change. Init
 * has the limits of the process from `ready` on.
 */
function withLimit(error: unknown, native: Native): unknown {
  if (!isErrno(error, EMFILE)) return error;
  const { nofileHard } = native.inherited();
  const hint =
    error.code === 'step'
      ? `it takes more open files: raise RLIMIT_NOFILE in process.rlimits, or else the caller's`
      : `the hard limit of open files (RLIMIT_NOFILE) is ${nofileHard}: raise it`;
  return withFields(error, { hint });
}

/** How runc begins the messages of these commands; the others have the bare message, which callers compare with. */
const prefixes: Readonly<Record<string, string>> = {
  create: 'tsrunc create failed: ',
  run: 'tsrunc run failed: ',
  exec: 'exec failed: ',
};

function commandNamed(name: string): CommandDefinition {
  const definition = findCommand(name);
  if (definition) return definition;
  const near = nearest(
    name,
    commandTable.map((command) => command.name),
  );
  throw new TsruncError('usage', `unknown command ${quote(name)}`, {
    hint: near ? `did you mean "tsrunc ${near}"?` : 'see "tsrunc --help"',
  });
}

/** @throws TsruncError 'usage'; a global option behind the command is said to be one. */
function argumentsOf(definition: CommandDefinition, words: readonly string[]): Arguments {
  const options = [...definition.options, helpOption];
  try {
    return parseArguments(words, options, definition.name, definition.haltAtArgument === true);
  } catch (error) {
    const misplaced = error instanceof TsruncError && /not defined: --?([\w-]+)$/.exec(error.message)?.[1];
    if (!misplaced || !globalOptions.some(({ name, hidden }) => name === misplaced && !hidden)) throw error;
    throw new TsruncError('usage', error.message, {
      hint: `--${misplaced} is a global option: it stands before the command, "tsrunc --${misplaced} ... ${definition.name}"`,
    });
  }
}
