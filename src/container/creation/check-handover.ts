import { ECONNREFUSED, EINVAL, EISDIR, ENOENT, EOPNOTSUPP } from '../../base/errno.js';
import { errnoText } from '../../base/errno-text.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { O_TMPFILE, O_WRONLY, S_IFDIR, S_IFMT, S_IFSOCK } from '../../native/flags.js';
import { forOption } from '../commands/for-option.js';
import type { Runtime } from '../runtime.js';
import { absolutePath } from '../state/paths.js';

/** Where a command is to hand over what its caller needs. */
export interface Handover {
  readonly pidFile?: string;
  readonly consoleSocket?: string;
  readonly pidfdSocket?: string;
}

/**
 * Looks, before anything is made, whether the pid file can be written and the sockets are ones: the process of whoever couldn't
 * learn its pid must not run.
 * @throws TsruncError 'system' with the option and its path.
 */
export function checkHandover(rt: Runtime, { pidFile, consoleSocket, pidfdSocket }: Handover): void {
  if (pidFile !== undefined) forOption('--pid-file', pidFile, () => checkPidFile(rt, absolutePath(rt, pidFile)));
  for (const [option, path] of [
    ['--console-socket', consoleSocket],
    ['--pidfd-socket', pidfdSocket],
  ] as const)
    if (path !== undefined) forOption(option, path, () => checkSocket(rt, absolutePath(rt, path)));
}

/** Makes a file without a name in its folder, as the one that will get the name. */
function checkPidFile({ native }: Runtime, path: string): void {
  const stat = native.stat(path, false);
  if (stat !== null && (stat.mode & S_IFMT) === S_IFDIR) throw failed('rename', EISDIR, path);
  const slash = path.lastIndexOf('/');
  try {
    native.close(native.open(path.slice(0, slash) || '/', O_TMPFILE | O_WRONLY, 0o600));
  } catch (error) {
    // Some file systems have no such files (open(2), O_TMPFILE).
    if (!isErrno(error, EISDIR, EOPNOTSUPP, EINVAL)) throw error;
    const trial = `${path.slice(0, slash)}/.${path.slice(slash + 1)}.trial.${native.identity()[4]}`;
    native.writeNew(trial, '', 0o600);
    native.unlink(trial);
  }
}

/** Only a look: whoever listens counts the connections. */
function checkSocket({ native }: Runtime, path: string): void {
  const stat = native.stat(path, true);
  if (stat === null) throw failed('connect', ENOENT, path);
  if ((stat.mode & S_IFMT) !== S_IFSOCK) throw failed('connect', ECONNREFUSED, path);
}

function failed(syscall: string, errno: number, path: string): TsruncError {
  return new TsruncError('system', `${syscall} ${path}: ${errnoText(errno)}`, { syscall, errno, path });
}
