import { constants } from 'node:os';
import t from 'tap';
import { EACCES, EISDIR, ENOENT, ENOTDIR, EPERM } from '../../../src/base/errno.js';
import { initHookError } from '../../../src/container/creation/hooks.js';
import { executeText, notFoundText } from '../../../src/container/init/executable-error.js';
import { messageError } from '../../../src/container/init/step-error.js';
import { stepLabel } from '../../../src/container/init/step-label.js';
import { ERROR_SEPARATOR, MessageKind } from '../../../src/plan/steps/protocol.js';

const { EPROTO } = constants.errno;

t.test('a missing program is named in the words callers look for', async (t) => {
  t.equal(notFoundText('sh2', ENOENT, ''), 'exec: "sh2": executable file not found in $PATH');
  t.equal(notFoundText('/no', ENOENT, ''), 'exec: "/no": stat /no: no such file or directory');
  t.equal(notFoundText('/etc/passwd/x', ENOTDIR, ''), 'exec: "/etc/passwd/x": stat /etc/passwd/x: not a directory');
  t.equal(notFoundText('/etc/passwd', EACCES, 'no right'), 'exec: "/etc/passwd": permission denied; no right');
  t.match(notFoundText('/etc', EISDIR, ''), /is a directory$/);
});

t.test('a program that is there and cannot be executed comes with what init has found', async (t) => {
  const why = 'its interpreter /lib/ld.so is missing';
  t.equal(
    executeText('/app', ENOENT, why),
    'exec /app (its interpreter /lib/ld.so is missing): no such file or directory',
  );
  t.equal(executeText('/app', EACCES, ''), 'exec /app: permission denied');
});

t.test('a failed step names its field, its system call and what that said', async (t) => {
  const message = { kind: MessageKind.error, step: 7, value: ENOENT, text: 'open_tree\0/no/such\0', fds: [] };
  const error = messageError(message, { step: 'mount-bind', pointer: '/mounts/3/source', about: '' });
  t.equal(error.message, '/mounts/3/source: mount-bind: open_tree /no/such: no such file or directory');
  t.match(error, {
    code: 'step',
    fields: { pointer: '/mounts/3/source', step: 'mount-bind', syscall: 'open_tree', errno: ENOENT, path: '/no/such' },
  });
  t.notOk('remark' in error.fields);
  t.equal(
    messageError({ ...message, text: 'setsid\0\0' }, undefined).message,
    'init: setsid: no such file or directory',
  );
});

t.test('syscall, path and remark of a failed step are apart, and together in its text', async (t) => {
  const failed = (value: number, ...parts: string[]) =>
    messageError(
      { kind: MessageKind.error, step: 7, value, text: parts.join(ERROR_SEPARATOR), fds: [] },
      { step: 'mount-fs', pointer: '', about: '' },
    );
  // A path may have any byte but the one between the parts.
  const both = failed(ENOENT, 'openat2', '/a\tb (c)\n', 'in the root file system');
  t.equal(both.message, 'mount-fs: openat2 /a\tb (c)\n (in the root file system): no such file or directory');
  t.match(both.fields, { syscall: 'openat2', path: '/a\tb (c)\n', remark: 'in the root file system' });
  const words = failed(EPERM, 'prctl', '', 'PR_SET_DUMPABLE');
  t.equal(words.message, 'mount-fs: prctl PR_SET_DUMPABLE: operation not permitted');
  t.strictSame(words.fields, { step: 'mount-fs', errno: EPERM, syscall: 'prctl', remark: 'PR_SET_DUMPABLE' });
  const neither = failed(EPROTO, '', '', 'not a plan of this version');
  t.equal(neither.message, 'mount-fs: not a plan of this version: protocol error');
  t.strictSame(neither.fields, { step: 'mount-fs', errno: EPROTO, remark: 'not a plan of this version' });
});

t.test('the steps that find and execute the program are told by its name', async (t) => {
  const step = { step: 'find-executable', name: 'sh2', path: '/bin', pointer: '/process/args/0' } as const;
  const message = { kind: MessageKind.error, step: 1, value: ENOENT, text: 'execve\0\0', fds: [] };
  t.match(messageError(message, stepLabel(step)).message, /exec: "sh2": executable file not found in \$PATH$/);
});

t.test("init's hooks are named by kind and number, with their output", async (t) => {
  t.match(initHookError('/hooks/createContainer/2', 3, 'oops\n'), {
    code: 'hook',
    message: '/hooks/createContainer/2: error running createContainer hook #2: exit status 3, output: oops',
  });
  t.match(initHookError('/hooks/startContainer/0', 137, '').message, /killed by SIGKILL$/);
  t.match(initHookError('/hooks/startContainer/0', -1, '').message, /timeout, killed$/);
});
