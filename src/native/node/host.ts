import { errnoText } from '../../errno-text.js';
import { TsruncError } from '../../error.js';
import type { Native } from '../native.js';
import { loadAddon } from './addon.js';

/** The error of a failed system call, as in "open /a/b: no such file or directory": the form callers of a runtime know. */
function systemError(syscall: string, errno: number, path: string): TsruncError {
  const subject = path === '' ? syscall : `${syscall} ${path}`;
  return new TsruncError('system', `${subject}: ${errnoText(errno)}`, {
    syscall,
    errno,
    ...(path === '' ? {} : { path }),
  });
}

/**
 * Native on Node.js.
 * @throws Error when the addon can't be loaded.
 */
export function nodeNative(): Native {
  const addon = loadAddon();
  addon.setErrorFactory(systemError);
  return addon;
}
