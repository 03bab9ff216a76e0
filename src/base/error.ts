/**
 * The one error type of tsrunc. Everything that fails, in the core, in the native half or in the container's
 * init, reaches the command line as a TsruncError; only `src/cli` turns it into text and an exit code.
 */

/** What kind of thing went wrong; decides nothing but lets callers and `--log-format json` tell errors apart. */
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
  readonly line: number;
  readonly column: number;
}

export interface ErrorFields {
  /** JSON pointer (RFC 6901) of the field of config.json that caused the error, e.g. `/mounts/3/source`. */
  readonly pointer?: string;
  /** Where that field stands in the file. */
  readonly position?: Position;
  /** The file the pointer refers to, where it isn't the bundle's config.json. */
  readonly file?: string;
  /** The step of the plan that failed, by its name in the step table. */
  readonly step?: string;
  /** Name of the system call that failed, e.g. `mount_setattr`. */
  readonly syscall?: string;
  /** Positive errno. */
  readonly errno?: number;
  /** The path the system call was about. */
  readonly path?: string;
  /** What would be right, or what to do. */
  readonly hint?: string;
  /** The single problems, when there are several at once (validation reports all of them). */
  readonly problems?: readonly TsruncError[];
}

export class TsruncError extends Error {
  readonly code: ErrorCode;
  readonly fields: ErrorFields;

  constructor(code: ErrorCode, message: string, fields: ErrorFields = {}) {
    super(message);
    this.name = 'TsruncError';
    this.code = code;
    this.fields = fields;
  }

  get errno(): number | undefined {
    return this.fields.errno;
  }

  get pointer(): string | undefined {
    return this.fields.pointer;
  }
}

/** Takes a warning: an error that isn't thrown, as it fails nothing. */
export type Warn = (warning: TsruncError) => void;

/** The same error with fields added (those given win); used where a caller knows which field asked for the failed call. */
export function withFields(error: TsruncError, fields: ErrorFields, message?: string): TsruncError {
  return new TsruncError(error.code, message ?? error.message, { ...error.fields, ...fields });
}

/** True for a failed system call with one of the given errnos. */
export function isErrno(error: unknown, ...errnos: number[]): error is TsruncError {
  return error instanceof TsruncError && error.fields.errno !== undefined && errnos.includes(error.fields.errno);
}
