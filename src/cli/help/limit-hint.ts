/** Says which limit it was that a failed command has met. */
import { E2BIG, EAGAIN, EMFILE, ENAMETOOLONG, ENFILE, ENOSPC } from '../../base/errno.js';
import { TsruncError, withFields } from '../../base/error.js';
import type { Native } from '../../native/native.js';

/** Adds a hint that names the limit to an error whose errno says that one was met; other errors are returned unchanged. */
export function withLimit(error: unknown, native: Native): unknown {
  if (!(error instanceof TsruncError) || error.fields.hint !== undefined) return error;
  const hint = hintOf(error, native);
  return hint === undefined ? error : withFields(error, { hint });
}

function hintOf({ code, fields: { errno, syscall = '' } }: TsruncError, native: Native): string | undefined {
  const starts = /^(clone3|clone|fork|vfork|unshare)$/.test(syscall);
  if (errno === EMFILE) return openFiles(code === 'step', native);
  if (errno === ENFILE) return 'the whole machine has as many open files as fs.file-max allows';
  if (errno === ENAMETOOLONG) return 'a path may have 4095 bytes, and each name in it 255';
  if (errno === E2BIG && syscall === 'execve')
    return 'arguments and environment together may take a quarter of the stack limit (RLIMIT_STACK) and at most 6 MiB, each of them 128 KiB';
  if (errno === EAGAIN && starts)
    return 'no more processes are allowed: by RLIMIT_NPROC, pids.max of a cgroup above, kernel.pid_max or kernel.threads-max';
  if (errno === ENOSPC && starts)
    return 'no more namespaces are allowed: /proc/sys/user/max_*_namespaces, or 32 of them within each other';
  if (errno === ENOSPC && /mount|open_tree/.test(syscall))
    return 'a mount namespace may hold as many mounts as fs.mount-max says';
  return undefined;
}

/**
 * tsrunc has raised its soft limit to the hard one already, so that only the hard limit can be changed; init has the limits of
 * process.rlimits from `ready` on.
 */
function openFiles(inInit: boolean, native: Native): string {
  if (inInit) return `it takes more open files: raise RLIMIT_NOFILE in process.rlimits, or else the caller's`;
  return `the hard limit of open files (RLIMIT_NOFILE) is ${native.inherited().nofileHard}: raise it`;
}
