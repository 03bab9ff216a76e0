/**
 * The one error type of tsrunc. Everything that fails, in the core, in the native half or in the container's
 * init, reaches the command line as a TsruncError; only `src/cli` turns it into text and an exit code.
 */

/** What kind of thing went wrong. It is the member `code` of the lines of `--log-format json`, by which callers tell errors apart. */
export type ErrorCode =
  | 'usage' // the command line is wrong
  | 'config' // config.json (or --process, --resources) is wrong
  | 'unsupported' // this host can't honour a field
  | 'state' // the container is not in a state that allows the command, or its state file is damaged
  | 'not-found' // no container with that id
  | 'exists' // the id is taken
  | 'system' // a system call failed
  | 'step' // a step of the plan failed inside the container's init
  | 'hook' // a hook failed
  | 'internal'; // a bug of ours

/** A place in a text file; both count from 1. */
export interface Position {
  /** Number of the line. */
  readonly line: number;
  /** Number of the character in it. */
  readonly column: number;
}

/** What is known of an error besides its message. Whoever throws it gives what is known there; callers add more (withFields). */
export interface ErrorFields {
  /** JSON pointer (RFC 6901) of the field of config.json that caused the error, e.g. `/mounts/3/source`. */
  readonly pointer?: string;
  /** Where the value of that field begins in the file. */
  readonly position?: Position;
  /** The file the pointer refers to, where it isn't the bundle's config.json. */
  readonly file?: string;
  /** The step of the plan that failed, by its name in the step table. */
  readonly step?: string;
  /** Name of the system call (or library function) that failed, e.g. `mount_setattr`. */
  readonly syscall?: string;
  /** Positive errno. */
  readonly errno?: number;
  /** The path the system call was about: a path and nothing else. */
  readonly path?: string;
  /** In words: what else the system call was about, or why it failed. The message has it too. */
  readonly remark?: string;
  /** What would be right, or what to do. */
  readonly hint?: string;
  /** Every single problem, in an error that stands for all mistakes of a file: validation reports them together. */
  readonly problems?: readonly TsruncError[];
}

/** An error with its kind and with what else is known of it. The message says what is wrong, `fields.hint` what would be right. */
export class TsruncError extends Error {
  /** What kind of thing went wrong. */
  readonly code: ErrorCode;
  /** What else is known. */
  readonly fields: ErrorFields;

  /**
   * @param code what kind of thing went wrong
   * @param message what is wrong
   * @param fields what else is known
   */
  constructor(code: ErrorCode, message: string, fields: ErrorFields = {}) {
    super(message);
    this.name = 'TsruncError';
    this.code = code;
    this.fields = fields;
  }

  /** As in `fields`: positive errno. */
  get errno(): number | undefined {
    return this.fields.errno;
  }

  /** As in `fields`: JSON pointer of the field that caused the error. */
  get pointer(): string | undefined {
    return this.fields.pointer;
  }

  /** As in `fields`: where the value of that field begins in the file. */
  get position(): Position | undefined {
    return this.fields.position;
  }

  /** As in `fields`: the step of the plan that failed. */
  get step(): string | undefined {
    return this.fields.step;
  }

  /** As in `fields`: the system call that failed. */
  get syscall(): string | undefined {
    return this.fields.syscall;
  }
}

/** Receives a warning. It has the form of an error, with the field it is about, but is not thrown: the operation goes on. */
export type Warn = (warning: TsruncError) => void;

/**
 * A copy of the error with these fields added, where they replace those of the same name, and with another message if one is
 * given. For callers that know more, such as which field of the configuration asked for the call that failed.
 */
export function withFields(error: TsruncError, fields: ErrorFields, message?: string): TsruncError {
  return new TsruncError(error.code, message ?? error.message, { ...error.fields, ...fields });
}

/** True for the TsruncError of a system call that failed with one of these errnos (positive numbers). */
export function isErrno(error: unknown, ...errnos: number[]): error is TsruncError {
  return error instanceof TsruncError && error.fields.errno !== undefined && errnos.includes(error.fields.errno);
}
