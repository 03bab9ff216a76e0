/** The one error class of the client, and how it is made of what a command has left: its status, its log, what it wrote to stderr. */
import { basename } from 'node:path';
import type { ErrorCode, Position } from '../../base/error.js';
import type { LogEntry } from './answers/log-entries.js';

/**
 * What kind of thing went wrong. The first ones are tsrunc's own, and where they can be told from the words of another runtime also
 * its: `usage`, `config`, `unsupported`, `state`, `not-found`, `exists`, `system`, `step`, `hook`, `internal`. Then:
 *
 * - `failed`: the runtime said no more than its message
 * - `spawn`: the runtime could not be executed
 * - `killed`: a signal ended the runtime's own process
 * - `answer`: the runtime printed what it should not
 */
export type RuntimeErrorCode = ErrorCode | 'failed' | 'spawn' | 'killed' | 'answer';

/** What is known of a failure besides its message. Only tsrunc tells all of it; each of the others is undefined where it isn't known. */
export interface RuntimeErrorDetails {
  /** The kind of failure. */
  readonly code: RuntimeErrorCode;
  /** The whole command line, the executable first; empty when there was none. */
  readonly argv: readonly string[];
  /** The exit status of the command; null when it had none. */
  readonly exitStatus?: number | null;
  /** The signal that ended the command itself. */
  readonly signal?: string | null;
  /** What the command wrote to stderr, as far as it was not passed on. */
  readonly stderr?: string;
  /** All entries of the command's log, the last error included. */
  readonly log?: readonly LogEntry[];
  /** JSON pointer (RFC 6901) of the field of the configuration. */
  readonly pointer?: string | undefined;
  /** The file that `pointer` and `position` are about. */
  readonly file?: string | undefined;
  /** Where the value of that field begins. */
  readonly position?: Position | undefined;
  /** The step of the plan that failed. */
  readonly step?: string | undefined;
  /** The system call that failed. */
  readonly syscall?: string | undefined;
  /** Its errno, a positive number. */
  readonly errno?: number | undefined;
  /** The path that it was about. */
  readonly path?: string | undefined;
  /** What else it was about, in words. */
  readonly remark?: string | undefined;
  /** What would be right, or what to do. */
  readonly hint?: string | undefined;
  /** The single problems of a configuration. */
  readonly problems?: readonly LogEntry[] | undefined;
  /** The error behind this one. */
  readonly cause?: unknown;
}

/** A command of a runtime failed. Its message is the runtime's own, with the name of the runtime and the command before it. */
export class RuntimeError extends Error {
  /** The kind of failure. */
  readonly code: RuntimeErrorCode;
  /** The whole command line, the executable first; empty when none was made. */
  readonly argv: readonly string[];
  /** The exit status of the command; null when it had none. */
  readonly exitStatus: number | null;
  /** The signal that ended the command itself, e.g. `SIGKILL`; null when none did. */
  readonly signal: string | null;
  /** What the command wrote to stderr, as far as it was not passed on. */
  readonly stderr: string;
  /** All entries of the command's log. */
  readonly log: readonly LogEntry[];
  /** JSON pointer (RFC 6901) of the field of the configuration that caused the failure. */
  readonly pointer: string | undefined;
  /** The file that `pointer` and `position` are about. */
  readonly file: string | undefined;
  /** Where the value of that field begins in the file. */
  readonly position: Position | undefined;
  /** The step of the plan that failed, by its name in `explain`. */
  readonly step: string | undefined;
  /** The system call that failed. */
  readonly syscall: string | undefined;
  /** Its errno, a positive number. */
  readonly errno: number | undefined;
  /** The path that the system call was about. */
  readonly path: string | undefined;
  /** What else it was about, in words. */
  readonly remark: string | undefined;
  /** What would be right, or what to do. */
  readonly hint: string | undefined;
  /** The single problems of a configuration, where there are several. */
  readonly problems: readonly LogEntry[];

  constructor(message: string, details: RuntimeErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'RuntimeError';
    this.code = details.code;
    this.argv = details.argv;
    this.exitStatus = details.exitStatus ?? null;
    this.signal = details.signal ?? null;
    this.stderr = details.stderr ?? '';
    this.log = details.log ?? [];
    this.pointer = details.pointer;
    this.file = details.file;
    this.position = details.position;
    this.step = details.step;
    this.syscall = details.syscall;
    this.errno = details.errno;
    this.path = details.path;
    this.remark = details.remark;
    this.hint = details.hint;
    this.problems = details.problems ?? [];
  }
}

/** What a command that has failed has left. */
export interface Failure {
  /** The command, e.g. `create`. */
  readonly name: string;
  readonly argv: readonly string[];
  /** The runtime's executable; the first word of argv if left out. */
  readonly program?: string | undefined;
  readonly status: number | null;
  readonly signal: string | null;
  /** Why it could not be executed. */
  readonly spawnError?: NodeJS.ErrnoException | undefined;
  readonly stderr: string;
  readonly log: readonly LogEntry[];
}

const codes: readonly string[] = [
  'usage',
  'config',
  'unsupported',
  'state',
  'not-found',
  'exists',
  'system',
  'step',
  'hook',
  'internal',
] satisfies ErrorCode[];

/** By which words of runc, crun and youki the kind of a failure is known; the first that fits. */
const words: readonly (readonly [RuntimeErrorCode, RegExp])[] = [
  [
    'unsupported',
    /^unknown command|no help topic for|unrecognized (?:subcommand|option)|unknown option|flag provided but not defined|unexpected argument/i,
  ],
  ['not-found', /container .*does not exist|does not exist: open .*\/status|cannot open directory .*no such file/i],
  ['exists', /already exists/i],
  [
    'state',
    /container (?:not running|is not running|not paused|paused|still running)|not (?:stopped|paused|running)|cannot (?:exec in|start) a|is paused|(?:no such|os:) process/i,
  ],
];

/** The error that a failed command is. */
export function failureOf(failure: Failure): RuntimeError {
  const { name, argv, status, signal, spawnError, stderr, log } = failure;
  const [command = ''] = argv;
  const program = basename(failure.program ?? command);
  const common = { argv, exitStatus: status, signal, stderr, log };
  if (spawnError) {
    const message = `${command} can't be executed: ${spawnError.message}`;
    return new RuntimeError(message, { ...common, code: 'spawn', syscall: spawnError.syscall, cause: spawnError });
  }
  const entry = log.findLast(({ level }) => level === 'error' || level === 'fatal');
  const said = entry?.message || lastOf(stderr);
  const what = signal !== null ? `the command was ended by ${signal}` : `exit status ${status}`;
  const code = codeOf(entry?.code, said, signal);
  const lacking = code === 'unsupported' && entry?.code === undefined;
  const message = lacking
    ? `${program} has no command "${name}", or not all options that were given: ${said}`
    : said.startsWith(`${program} ${name} failed`)
      ? said
      : said.startsWith(`${name} failed`)
        ? `${program} ${said}`
        : `${program} ${name}: ${said || what}`;
  const {
    level: _,
    message: __,
    time: ___,
    warnings: ____,
    code: _____,
    ...fields
  } = entry ?? { level: '', message: '' };
  return new RuntimeError(message, { ...common, ...fields, code });
}

function codeOf(code: string | undefined, said: string, signal: string | null): RuntimeErrorCode {
  if (code !== undefined && codes.includes(code)) return code as ErrorCode;
  if (signal !== null) return 'killed';
  return words.find(([, pattern]) => pattern.test(said))?.[0] ?? 'failed';
}

/** The last words of what was written to stderr: usage comes before the mistake. */
function lastOf(stderr: string): string {
  const paragraphs = stderr.trim().split(/\n\s*\n/);
  return paragraphs.at(-1)?.trim() ?? '';
}
