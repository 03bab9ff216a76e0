/** Runs a command line: reads it, calls the command, and turns what it throws into a message and an exit code. */
import { ENXIO } from '../base/errno.js';
import { TsruncError, withFields } from '../base/error.js';
import { version } from '../base/generated/build-info.js';
import { nearest } from '../base/nearest.js';
import { quote } from '../base/quote.js';
import type { Trace } from '../container/trace/trace.js';
import type { Native } from '../native/native.js';
import type { CommandDefinition } from './command-definition.js';
import { commandTable, findCommand } from './command-table.js';
import type { Command } from './context.js';
import { explainedDefinition, explainedNames } from './definitions/explained.js';
import { describeError } from './describe-error.js';
import { helpText } from './help/help-text.js';
import { commandHint } from './help/hints.js';
import { withLimit } from './help/limit-hint.js';
import { looksOf } from './help/looks.js';
import { Log } from './log.js';
import { type Arguments, checkPositionals, parseArguments } from './parse.js';
import { runtimeOf } from './settings.js';
import { globalOptions, helpOption } from './shared-options.js';
import { withTrace } from './tracing.js';
import { versionText } from './version.js';

const STDOUT = 1;
/** The exit code when exec itself fails, and not the process it has started. The other commands fail with 1. runc does the same. */
const EXEC_FAILURE = 255;

/**
 * Runs the command line `argv` (without the program's name) and returns the exit code. Throws nothing: every failure becomes one
 * message here.
 * @param cwd the working directory, absolute
 * @param commands the code of each command, by name; a host may give only the one that is called
 * @param host what the core runs on, for --version
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
      print(helpText('', looksOf(native, env)) ?? '');
      return 0;
    }
    checkLog(log, globals.text('log') ?? '');
    const explained = name === 'explain' && explainedNames.includes(words[0] ?? '') ? words.shift() : undefined;
    const definition = explained === undefined ? commandNamed(name) : explainedDefinition(commandNamed(explained));
    const args = argumentsOf(definition, words);
    if (args.flag('help')) {
      print(helpText(name, looksOf(native, env)) ?? '');
      return 0;
    }
    checkPositionals(args.positionals, definition.arguments, definition.name);
    if (name === 'exec') failure = EXEC_FAILURE;
    prefix = prefixes[name] ?? '';
    log.enter(name, explained !== undefined || definition.answers === true);
    log.debug(`tsrunc ${version}: ${argv.join(' ')}`);
    const command = commands[name];
    if (!command) throw new TsruncError('internal', `the command ${name} has no code`);
    const act = (trace?: Trace): number =>
      command({
        native,
        args,
        globals,
        explained,
        print,
        get looks() {
          return looksOf(native, env);
        },
        // Made on first use: features, help and completion must work even when --root or another setting is wrong.
        get rt() {
          return runtimeOf(globals, env, cwd, native, log, trace);
        },
      });
    const file = globals.text('trace');
    const code = file === undefined ? act() : withTrace(native, file, name, (warning) => log.warn(warning), act);
    log.settle();
    return code;
  } catch (error) {
    const described = describeError(withLimit(error, native), prefix);
    if (typeof described.fields.stack === 'string') log.debug(described.fields.stack);
    log.error(described);
    return failure;
  }
}

/** Checks that the log can be written. The TsruncError 'system' that it throws names the option --log. */
function checkLog(log: Log, path: string): void {
  try {
    log.check();
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    // fifo(7): nobody has it open for reading.
    const why = error.errno === ENXIO ? `${error.message}; a FIFO or device that nobody reads from` : error.message;
    throw withFields(error, {}, `--log ${path}: ${why}`);
  }
}

/** What runc puts before the messages of these commands. The others have none, and callers compare their messages as a whole. */
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
    hint: commandHint(name) ?? (near ? `did you mean "tsrunc ${near}"?` : 'see "tsrunc --help"'),
  });
}

/** Reads the words after the command's name. The TsruncError 'usage' has a hint when a global option stands among them. */
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
