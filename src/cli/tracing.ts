/** The option --trace: a file that shows what a command did, and when. */
import { EEXIST } from '../base/errno.js';
import { isErrno, TsruncError, type Warn, withFields } from '../base/error.js';
import { Trace } from '../container/trace/trace.js';
import { traceTexts } from '../container/trace/trace-texts.js';
import {
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_TRUNC,
  O_WRONLY,
  S_IFDIR,
  S_IFMT,
} from '../native/flags.js';
import type { Native, TraceTexts } from '../native/native.js';

/** Where the trace of a command goes. */
interface TraceFile {
  readonly path: string;
  readonly fd: number;
}

/**
 * Runs a command with a trace, and writes that when it has ended, failed or not.
 * @param file what --trace says; of a directory a file in it, `COMMAND-PID.json`, so that an engine can trace all its commands
 * @param name the command's
 * @param warn is told when the trace can't be written; that doesn't fail the command, which has done its work
 * @throws TsruncError 'system' when the file can't be opened, before anything is done; and what `act` throws
 */
export function withTrace<T>(native: Native, file: string, name: string, warn: Warn, act: (trace: Trace) => T): T {
  const pid = native.identity()[4]!;
  const opened = openTrace(native, file, `${name}-${pid}`);
  const trace = new Trace(native, name);
  try {
    return act(trace);
  } finally {
    writeTrace(native, opened, traceTexts(trace.end(), `tsrunc ${name}`, pid), warn);
  }
}

function writeTrace(native: Native, { path, fd }: TraceFile, texts: TraceTexts, warn: Warn): void {
  try {
    native.writeTrace(fd, texts);
    native.close(fd);
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    warn(about(path, error));
  }
}

/** How many names are tried in a directory. */
const MOST_NAMES = 100;

function openTrace(native: Native, file: string, name: string): TraceFile {
  try {
    const stat = native.stat(file, true);
    if (stat !== null && (stat.mode & S_IFMT) === S_IFDIR) return openIn(native, file, name);
    // Nobody reads from a FIFO: an error, and no wait for somebody who does.
    return { path: file, fd: native.open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY, 0o644) };
  } catch (error) {
    throw error instanceof TsruncError ? about(file, error) : error;
  }
}

/** A new file in a directory, that others may be able to write to: what is there under its name is theirs, and left as it is. */
function openIn(native: Native, directory: string, name: string): TraceFile {
  for (let i = 0; ; i++) {
    const path = `${directory}/${name}${i === 0 ? '' : `-${i}`}.json`;
    try {
      return { path, fd: native.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644) };
    } catch (error) {
      if (!isErrno(error, EEXIST) || i === MOST_NAMES) throw error;
    }
  }
}

const about = (file: string, error: TsruncError): TsruncError =>
  withFields(error, {}, `--trace ${file}: ${error.message}`);
