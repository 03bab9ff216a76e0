/** The option --trace: a file that shows what a command did, and when. */
import { EEXIST, EISDIR } from '../base/errno.js';
import { isErrno, TsruncError, type Warn, withFields } from '../base/error.js';
import { Trace } from '../container/trace/trace.js';
import { O_CREAT, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } from '../native/flags.js';
import type { Native } from '../native/native.js';

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
  const opened = openTrace(native, file, name);
  const trace = new Trace(native, name);
  try {
    return act(trace);
  } finally {
    writeTrace(native, opened, trace, `tsrunc ${name}`, warn);
  }
}

function writeTrace(native: Native, { path, fd }: TraceFile, trace: Trace, title: string, warn: Warn): void {
  try {
    trace.write(fd, title);
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
    return openFile(native, file) ?? openIn(native, file, `${name}-${native.identity()[4]!}`);
  } catch (error) {
    throw error instanceof TsruncError ? about(file, error) : error;
  }
}

/** null for a directory. What the file holds is overwritten at the end. */
function openFile(native: Native, path: string): TraceFile | null {
  try {
    // Nobody reads from a FIFO: an error, and no wait for somebody who does.
    return { path, fd: native.open(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY, 0o644) };
  } catch (error) {
    if (!isErrno(error, EISDIR)) throw error;
    return null;
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
