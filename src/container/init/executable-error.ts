/** The messages for a program that can't be executed. */
import { EACCES, ENOENT } from '../../base/errno.js';
import { errnoText } from '../../base/errno-text.js';
import { describeCall } from '../../base/failed-call.js';

/**
 * The message for a program that wasn't found. Callers choose between exit codes 126 and 127 by these words in it:
 * `executable file not found in $PATH`, `no such file or directory`, `permission denied`, `is a directory`.
 * @param name args[0] of the process
 * @param remark the reason that init found, if the errno doesn't give it; or ''
 */
export function notFoundText(name: string, errno: number, remark: string): string {
  const quoted = JSON.stringify(name);
  const why = remark === '' ? '' : `; ${remark}`;
  if (!name.includes('/'))
    return `exec: ${quoted}: ${errno === ENOENT ? 'executable file not found in $PATH' : errnoText(errno)}${why}`;
  const looked = errno === EACCES ? '' : `stat ${name}: `;
  return `exec: ${quoted}: ${looked}${errnoText(errno)}${why}`;
}

/** The message for a program that was found but that execve(2) refused. */
export function executeText(path: string, errno: number, remark: string): string {
  return `${describeCall({ syscall: 'exec', path, remark })}: ${errnoText(errno)}`;
}
