/** The error of a failed system call. Both hosts give this function to the native half, which calls it for every failure. */
import { errnoText } from '../base/errno-text.js';
import { TsruncError } from '../base/error.js';
import { callFields, describeCall } from '../base/failed-call.js';

/**
 * A TsruncError 'system' with a message such as "open /a/b: no such file or directory". Runtimes in Go word it so, and their
 * callers compare with it.
 * @param errno positive
 * @param path '' for a call that is about no path
 * @param remark what the call was about where that is no path: an interface, a pattern
 */
export function systemError(syscall: string, errno: number, path: string, remark = ''): TsruncError {
  const call = { syscall, path, remark };
  return new TsruncError('system', `${describeCall(call)}: ${errnoText(errno)}`, { errno, ...callFields(call) });
}
