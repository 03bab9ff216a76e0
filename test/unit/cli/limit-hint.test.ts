import t from 'tap';
import { E2BIG, EAGAIN, EMFILE, ENAMETOOLONG, ENFILE, ENOENT, ENOSPC } from '../../../src/base/errno.js';
import { type ErrorCode, TsruncError } from '../../../src/base/error.js';
import { withLimit } from '../../../src/cli/help/limit-hint.js';
import type { Native } from '../../../src/native/native.js';

const native = { inherited: () => ({ nofileSoft: 1024, nofileHard: 4096, fds: [] }) } as Partial<Native> as Native;

/** The hint that an error of this call gets. */
function hintOf(syscall: string, errno: number, code: ErrorCode = 'system', hint?: string): string | undefined {
  const error = withLimit(new TsruncError(code, 'x', { syscall, errno, ...(hint && { hint }) }), native);
  return error instanceof TsruncError ? error.fields.hint : undefined;
}

t.test('the limit that was met is named', async (t) => {
  t.match(hintOf('open', EMFILE), /RLIMIT_NOFILE\) is 4096/);
  t.match(hintOf('openat2', EMFILE, 'step'), /process\.rlimits/);
  t.match(hintOf('open', ENFILE), /fs\.file-max/);
  t.match(hintOf('mkdir', ENAMETOOLONG), /4095 bytes, and each name in it 255/);
  t.match(hintOf('execve', E2BIG, 'step'), /RLIMIT_STACK.*6 MiB.*128 KiB/);
  t.match(hintOf('clone3', EAGAIN), /RLIMIT_NPROC, pids\.max/);
  t.match(hintOf('unshare', ENOSPC, 'step'), /max_\*_namespaces/);
  t.match(hintOf('move_mount', ENOSPC, 'step'), /fs\.mount-max/);
});

t.test('other errors stay as they are', async (t) => {
  t.equal(hintOf('open', ENOENT), undefined);
  t.equal(hintOf('write', ENOSPC), undefined, 'a full disk is no limit');
  t.equal(hintOf('write', EAGAIN), undefined);
  t.equal(hintOf('open', EMFILE, 'system', 'known'), 'known');
  const other = new Error('x');
  t.equal(withLimit(other, native), other);
});
