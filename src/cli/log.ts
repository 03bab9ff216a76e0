import type { Native } from '../native/native.js';

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
 * The log of one command. podman decodes the whole of a JSON log file as one object, containerd takes the last line of
 * level error: so an error is one line, and there is nothing but it unless --debug is given.
 */
export class Log {
  readonly #native: Native;
  readonly #settings: LogSettings;
  #command: string | undefined;

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

  /** From here on the lines are those of a command; with --debug each says so, as runc's do. */
  enter(command: string): void {
    this.#command = command;
  }

  /** A line of level debug or warning: only with --debug. Never throws: no command fails because of its log. */
  line(level: 'debug' | 'warning', message: string): void {
    if (!this.#settings.debug) return;
    const { file } = this.#settings;
    if (file === undefined && this.#settings.format === 'text') this.#stderr(`${level}: ${message}\n`);
    else this.#write(file, this.#format(level, message, {}));
  }

  /**
   * The one error line of a failed command, in the log and as plain text on stderr (where the log is stderr: once, in
   * the log's form).
   * @param text what a person reads, may have several lines.
   * @param fields further keys of the line; undefined ones are left out.
   */
  error(text: string, fields: Readonly<Record<string, unknown>>): void {
    const { file, format } = this.#settings;
    if (file === undefined) {
      this.#stderr(format === 'json' ? this.#format('error', text, fields) : `${text}\n`);
      return;
    }
    this.#write(file, this.#format('error', text, fields));
    this.#stderr(`${text}\n`);
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

  #write(file: string | undefined, line: string): void {
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
