/** What an OciRuntime is made with, and what becomes of it for each command line. */
import { closeSync, openSync } from 'node:fs';
import { executablePath } from '../../hosts/node/platform-package.js';
import type { LogEntry } from './answers/log-entries.js';
import { RuntimeError } from './runtime-error.js';

/** How a runtime is called. Everything may be left out. */
export interface OciRuntimeOptions {
  /**
   * The executable: a path, or a name to look up in `$PATH` of `env`. A list has words that stand before the runtime's options, e.g.
   * `['/usr/bin/strace', '-f', '/usr/sbin/runc']`; such a program has to pass descriptors on. Default: tsrunc's own executable.
   */
  readonly command?: string | readonly string[];
  /** The directory of the state of containers, `--root`. Default: the runtime's. */
  readonly root?: string;
  /** Let systemd make the cgroups, `--systemd-cgroup`. Default: no. */
  readonly systemdCgroup?: boolean;
  /** Whether to do without privileges, `--rootless`. Default: as the runtime does without the option. */
  readonly rootless?: boolean | 'auto';
  /**
   * The environment of the runtime's process, not the container's. A member that is undefined is left out. Default: this program's,
   * without the descriptors and the socket that systemd gave it (`LISTEN_FDS`, `NOTIFY_SOCKET` and their like).
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The working directory of the runtime's process. Default: this program's. */
  readonly cwd?: string;
  /**
   * What becomes of the log, warnings above all: a function that gets each entry when a command has ended, or a file to which they are
   * appended as they are. With false there is no log, for a runtime that knows neither `--log` nor `--log-format json`: then errors have only what the
   * runtime wrote to stderr, and a failure of `exec` or `run` can't be told from the exit status of the process. Default: nobody is
   * told, and what errors are made of is kept.
   */
  readonly log?: string | false | ((entry: LogEntry) => void);
  /** Have the log say what is done as well, `--debug`. Default: no. */
  readonly debug?: boolean;
  /** Words that stand before the command in each command line. */
  readonly globalArguments?: readonly string[];
}

/** The same, complete. */
export interface Settings {
  readonly command: readonly [string, ...string[]];
  readonly globals: readonly string[];
  readonly root: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  /** Whether the command is given a log of ours. */
  readonly keepsLog: boolean;
  /** A file that gets the log, too. */
  readonly logFile: string | undefined;
  tell(entry: LogEntry): void;
}

/** What systemd gives to the processes it starts: it is this program's, and must not get into containers. */
const fromSystemd = ['NOTIFY_SOCKET', 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES', 'WATCHDOG_USEC', 'WATCHDOG_PID'];

/**
 * Completes the options.
 * @throws RuntimeError `usage` for an empty command or a log that can't be written, `unsupported` when tsrunc's executable is missing
 */
export function settingsOf(options: OciRuntimeOptions): Settings {
  const { root, systemdCgroup, rootless, cwd, log, debug, globalArguments = [] } = options;
  const [program, ...words] = typeof options.command === 'string' ? [options.command] : (options.command ?? [own()]);
  if (typeof log === 'string') checkLogFile(log);
  if (!program) throw new RuntimeError('command is empty; it must name an executable', { code: 'usage', argv: [] });
  const globals = [
    ...(root === undefined ? [] : [`--root=${root}`]),
    ...(systemdCgroup ? ['--systemd-cgroup'] : []),
    ...(rootless === undefined ? [] : [`--rootless=${rootless}`]),
    ...(debug ? ['--debug'] : []),
    ...globalArguments,
  ];
  return {
    command: [program, ...words],
    globals,
    root,
    env: withoutUndefined(options.env ?? hostEnvironment()),
    cwd,
    keepsLog: log !== false,
    logFile: typeof log === 'string' ? log : undefined,
    tell: typeof log === 'function' ? log : () => {},
  };
}

/** Later on a log that can't be written fails nothing. */
function checkLogFile(path: string): void {
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw new RuntimeError(`log can't be written: ${(error as Error).message}`, {
      code: 'usage',
      argv: [],
      cause: error,
    });
  }
}

function own(): string {
  try {
    return executablePath();
  } catch (error) {
    throw new RuntimeError((error as Error).message, { code: 'unsupported', argv: [], cause: error });
  }
}

function hostEnvironment(): Record<string, string | undefined> {
  const env = { ...process.env };
  for (const name of fromSystemd) delete env[name];
  return env;
}

function withoutUndefined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
