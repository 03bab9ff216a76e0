import type { TsruncError } from '../base/error.js';
import type { Native } from '../native/native.js';
import { describeError, type ErrorDescription } from './describe-error.js';

export type LogLevel = 'debug' | 'warning' | 'error';

/** Where log lines go, and in which form: --log, --log-format, --debug. */
export interface LogSettings {
  /** undefined: stderr. */
  readonly file: string | undefined;
  readonly format: 'text' | 'json';
  readonly debug: boolean;
}

const STDERR = 2;
/** Opened by name it would fail where stderr is a socket: ENXIO. */
const STDERR_PATH = '/dev/stderr';

/**
 * The log of one command. podman decodes the whole of a JSON log file as one object when the command has failed, containerd
 * takes the last line of level error: so a failed command is one line there, with its warnings inside. They are held back until
 * it is known how the command ends.
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
   * Opens the log file, which makes it. To be called before a command does anything: whoever asks for a log reads it to learn why
   * the command failed.
   * @throws TsruncError 'system' when it can't be written.
   */
  check(): void {
    const { file } = this.#settings;
    if (file !== undefined && file !== STDERR_PATH) this.#native.appendFile(file, '', 0o644);
  }

  /**
   * From here on the lines are those of a command; with --debug each says so, as runc's do.
   * @param answers callers read its output, with stderr in the same pipe: no warning goes there.
   */
  enter(command: string, answers: boolean): void {
    this.#command = command;
    this.#answers = answers;
  }

  /** A line of level debug: only with --debug. Never throws: no command fails because of its log. */
  debug(message: string): void {
    const { file, format, debug } = this.#settings;
    if (!debug) return;
    if (file === undefined && format === 'text') this.#stderr(`debug: ${message}\n`);
    else this.#write(this.#format('debug', message, {}));
  }

  /**
   * A line of level warning, once the command has succeeded (settle), or a part of its error. With --debug also at once: whoever
   * looks for why a command hangs sees it. Never throws.
   */
  warn(warning: TsruncError): void {
    if (this.#answers && this.#onStderr) return;
    const told = describeError(warning, '');
    if (this.#settled || this.#settings.debug) this.#tell(told);
    if (!this.#settled) this.#held.push(told);
  }

  /**
   * The command has succeeded, or done all that its success is measured by and stands in the foreground now: what it had to warn of
   * is told, and what comes later at once.
   */
  settle(): void {
    const held = this.#held;
    this.#held = [];
    this.#settled = true;
    if (!this.#settings.debug) for (const warning of held) this.#tell(warning);
  }

  /**
   * The one error line of a failed command, in the log and as plain text on stderr (where the log is stderr: once, in
   * the log's form). In JSON it has the command's warnings as `warnings`; as text they are lines before it, in the log alone.
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

  /** runc's forms, the keys level, msg, time first: logrus' text form, or JSON; func and file with --debug. */
  #format(level: LogLevel, msg: string, fields: Readonly<Record<string, unknown>>): string {
    const [seconds = 0] = this.#native.clock(false);
    const time = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
    const { debug, format } = this.#settings;
    const func = this.#command ?? 'main';
    const folder = this.#command === undefined ? 'src/cli' : 'src/cli/commands';
    if (format === 'json') {
      // The file that an error is about is of more use.
      const source = debug ? { func, file: fields.file ?? `${folder}/${func}.ts` } : {};
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
      // A log that can't be written any more must not hide the error itself, which goes to stderr too.
    }
  }

  #stderr(text: string): void {
    try {
      this.#native.write(STDERR, text);
    } catch {
      // Nobody reads it: nothing better can be done than to go on.
    }
  }
}
