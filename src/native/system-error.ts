import { errnoText } from '../base/errno-text.js';
import { TsruncError } from '../base/error.js';

/** The error of a failed system call, as in "open /a/b: no such file or directory": the form callers of a runtime know. */
export function systemError(syscall: string, errno: number, path: string): TsruncError {
  const subject = path === '' ? syscall : `${syscall} ${path}`;
  return new TsruncError('system', `${subject}: ${errnoText(errno)}`, {
    syscall,
    errno,
    ...(path === '' ? {} : { path }),
  });
}
