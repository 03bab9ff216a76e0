/** The log of tsrunc: what is written to stderr and to the file of --log, and when. */
import type { TsruncError } from '../base/error.js';
import type { Native } from '../native/native.js';
import { describeError, type ErrorDescription } from './describe-error.js';

/** The level of a line, under the names that runc's log has for them. */
export type LogLevel = 'debug' | 'warning' | 'error';

/** The options about the log: --log, --log-format and --debug. */
export interface LogSettings {
  /** The path of the file; undefined for stderr. */
  readonly file: string | undefined;
  readonly format: 'text' | 'json';
  readonly debug: boolean;
}

const STDERR = 2;
/** A file with this path is not opened but taken as descriptor 2: open(2) fails with ENXIO where stderr is a socket. */
const STDERR_PATH = '/dev/stderr';

/**
 * The log of one command. A command that fails must write a single line to a JSON log: podman then decodes the whole file as one
 * object, and containerd takes the last line with level error. So warnings are held back until it is known how the command ends:
 * they become lines of their own when it succeeds, and a member of the error's line when it fails.
 */
export class Log {
  readonly #native: Native;
  readonly #settings: LogSettings;
  #command: string | undefined;
  #answers = false;
  #held: ErrorDescription[] = [];
  #settled = false;

  constructor(native: Native, settings: LogSettings) {
    this.#native = native;
    this.#settings = settings;
  }

  /**
   * Makes the log file where it is missing, and checks that it can be written. Call it before the command does anything: callers
   * who ask for a log rely on finding there why the command failed.
   * @throws TsruncError 'system' when the file can't be written
   */
  check(): void {
    const { file } = this.#settings;
    if (file !== undefined && file !== STDERR_PATH) this.#native.appendFile(file, '', 0o644);
  }

  /**
   * Says which command the lines from now on are about. With --debug each line names it, as in runc's log.
   * @param answers callers may read stdout and stderr of this command in one pipe, so no warning may go to stderr
   */
  enter(command: string, answers: boolean): void {
    this.#command = command;
    this.#answers = answers;
  }

  /** Writes a line of level debug, if --debug was given. Never throws: no command fails because of its log. */
  debug(message: string): void {
    const { file, format, debug } = this.#settings;
    if (!debug) return;
    if (file === undefined && format === 'text') this.#stderr(`debug: ${message}\n`);
    else this.#write(this.#format('debug', message, {}));
  }

  /**
   * Keeps a warning until the command succeeds (settle) or fails (error); writes it at once when the command has already succeeded.
   * With --debug it is written at once in any case, to show why a command hangs. Drops it when it would go to stderr and the
   * command's callers read that as an answer (enter). Never throws.
   */
  warn(warning: TsruncError): void {
    if (this.#answers && this.#onStderr) return;
    const told = describeError(warning, '');
    if (this.#settled || this.#settings.debug) this.#tell(told);
    if (!this.#settled) this.#held.push(told);
  }

  /**
   * Writes the warnings that were kept; later ones are written at once. Call it when the command has succeeded, or has done all that
   * it can fail in and now only waits in the foreground.
   */
  settle(): void {
    const held = this.#held;
    this.#held = [];
    this.#settled = true;
    if (!this.#settings.debug) for (const warning of held) this.#tell(warning);
  }

  /**
   * Writes the error of a failed command to the log, and as plain text to stderr; when the log is stderr, only once, in the log's
   * form. In JSON the kept warnings are the member `warnings`; in a text log they are lines before the error.
   */
  error({ text, fields }: ErrorDescription): void {
    const { file, format } = this.#settings;
    const warnings = this.#held.map((warning) => ({ msg: warning.text, ...warning.fields }));
    if (format === 'text') this.settle();
    const all = { ...fields, ...(warnings.length > 0 && { warnings }) };
    if (format === 'json' || file !== undefined) this.#write(this.#format('error', text, all));
    if (format === 'text' || file !== undefined) this.#stderr(`${text}\n`);
  }

  get #onStderr(): boolean {
    const { file } = this.#settings;
    return file === undefined || file === STDERR_PATH;
  }

  #tell({ text, fields }: ErrorDescription): void {
    const { file, format } = this.#settings;
    if (file === undefined && format === 'text') this.#stderr(`warning: ${text}\n`);
    else this.#write(this.#format('warning', text, fields));
  }

  /** A line as runc's logrus formats it, as text or JSON, with level, msg and time as the first keys; func and file with --debug. */
  #format(level: LogLevel, msg: string, fields: Readonly<Record<string, unknown>>): string {
    const [seconds = 0] = this.#native.clock(false);
    const time = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
    const { debug, format } = this.#settings;
    const func = this.#command ?? 'main';
    const directory = this.#command === undefined ? 'src/cli' : 'src/cli/commands';
    if (format === 'json') {
      // The key `file` is for the source here, but the file that an error is about is more useful.
      const source = debug ? { func, file: fields.file ?? `${directory}/${func}.ts` } : {};
      return `${JSON.stringify({ level, msg, time, ...fields, ...source })}\n`;
    }
    const source = debug ? ` func="${func}()" file="${func}.ts"` : '';
    return `time=${JSON.stringify(time)} level=${level} msg=${JSON.stringify(msg)}${source}\n`;
  }

  #write(line: string): void {
    const { file } = this.#settings;
    if (file === undefined || file === STDERR_PATH) {
      this.#stderr(line);
      return;
    }
    try {
      this.#native.appendFile(file, line, 0o644);
    } catch {
      // The log could be written at the beginning (check). The error itself also goes to stderr, and must not be replaced by this one.
    }
  }

  #stderr(text: string): void {
    try {
      this.#native.write(STDERR, text);
    } catch {
      // Nobody reads stderr. There is no other place to say so, and the command itself is not affected.
    }
  }
}
