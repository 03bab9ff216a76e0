/** Checks the caller's pid file and sockets before anything is made. */
import { ECONNREFUSED, EINVAL, EISDIR, ENOENT, EOPNOTSUPP } from '../../base/errno.js';
import { errnoText } from '../../base/errno-text.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { O_TMPFILE, O_WRONLY, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../../native/flags.js';
import { fileKind } from '../../native/regular-file.js';
import { forOption } from '../commands/for-option.js';
import type { Runtime } from '../runtime.js';
import { absolutePath } from '../state/paths.js';

/**
 * Paths from the command line through which the caller learns about the process; relative to the runtime's working
 * directory.
 */
export interface Handover {
  readonly pidFile?: string;
  readonly consoleSocket?: string;
  readonly pidfdSocket?: string;
}

/** What a pid file may take the place of. */
const replaceable: readonly number[] = [S_IFREG, S_IFLNK];

/**
 * Checks that the pid file can be written and that the sockets are sockets: a process whose pid its caller can't
 * learn must not run.
 * @throws TsruncError 'system' with the option and its path
 */
export function checkHandover(rt: Runtime, { pidFile, consoleSocket, pidfdSocket }: Handover): void {
  if (pidFile !== undefined) forOption('--pid-file', pidFile, () => checkPidFile(rt, absolutePath(rt, pidFile)));
  for (const [option, path] of [
    ['--console-socket', consoleSocket],
    ['--pidfd-socket', pidfdSocket],
  ] as const)
    if (path !== undefined) forOption(option, path, () => checkSocket(rt, absolutePath(rt, path)));
}

/** Makes an unnamed file in its directory, since the pid file is written to a new file that is then renamed. */
function checkPidFile({ native }: Runtime, path: string): void {
  const stat = native.stat(path, false);
  if (stat !== null && (stat.mode & S_IFMT) === S_IFDIR) throw failed('rename', EISDIR, path);
  // It would be replaced: root would take away /dev/null.
  if (stat !== null && !replaceable.includes(stat.mode & S_IFMT))
    throw new TsruncError('usage', `is ${fileKind(stat.mode)}; must be a regular file, or not be there`);
  const slash = path.lastIndexOf('/');
  try {
    native.close(native.open(path.slice(0, slash) || '/', O_TMPFILE | O_WRONLY, 0o600));
  } catch (error) {
    // Some file systems have no unnamed files (open(2), O_TMPFILE).
    if (!isErrno(error, EISDIR, EOPNOTSUPP, EINVAL)) throw error;
    const trial = `${path.slice(0, slash)}/.${path.slice(slash + 1)}.trial.${native.identity()[4]}`;
    native.writeNew(trial, '', 0o600);
    native.unlink(trial);
  }
}

/** Doesn't connect to it, as the listener may expect just one connection. */
function checkSocket({ native }: Runtime, path: string): void {
  const stat = native.stat(path, true);
  if (stat === null) throw failed('connect', ENOENT, path);
  if ((stat.mode & S_IFMT) === S_IFSOCK) return;
  throw failed('connect', ECONNREFUSED, path, `: it is ${fileKind(stat.mode)}, and must be a unix socket`);
}

function failed(syscall: string, errno: number, path: string, why = ''): TsruncError {
  return new TsruncError('system', `${syscall} ${path}: ${errnoText(errno)}${why}`, { syscall, errno, path });
}
