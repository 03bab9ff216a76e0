import t from 'tap';
import { EACCES, EISDIR, ENOENT, ENOEXEC, ENOTDIR } from '../../src/base/errno.js';
import { initHookError } from '../../src/container/creation/hooks.js';
import { executePhrase, notFoundPhrase } from '../../src/container/init/executable-error.js';
import { messageError, stepLabel } from '../../src/container/init/step-error.js';
import { MessageKind } from '../../src/plan/steps/protocol.js';

t.test('a missing program is named in the words callers look for', async (t) => {
  t.equal(notFoundPhrase('sh2', ENOENT).text, 'exec: "sh2": executable file not found in $PATH');
  t.equal(notFoundPhrase('/no', ENOENT).text, 'exec: "/no": stat /no: no such file or directory');
  t.equal(notFoundPhrase('/etc/passwd/x', ENOTDIR).text, 'exec: "/etc/passwd/x": stat /etc/passwd/x: not a directory');
  t.equal(notFoundPhrase('/etc/passwd', EACCES).text, 'exec: "/etc/passwd": permission denied');
  t.match(notFoundPhrase('/etc', EISDIR).text, /is a directory$/);
});

t.test('a program that is there and cannot be executed comes with a reason', async (t) => {
  t.match(executePhrase('/app', ENOENT), { text: 'exec /app: no such file or directory', hint: /interpreter/ });
  t.match(executePhrase('/app', ENOEXEC), { text: 'exec /app: exec format error', hint: /architecture/ });
  t.match(executePhrase('/app', EACCES), { text: 'exec /app: permission denied', hint: /noexec/ });
});

t.test('a failed step names its field, its system call and what that said', async (t) => {
  const message = { kind: MessageKind.error, step: 7, value: ENOENT, text: 'open_tree\t/no/such', fds: [] };
  const error = messageError(message, { step: 'mount-bind', from: '/mounts/3/source', about: '' });
  t.equal(error.message, '/mounts/3/source: mount-bind: open_tree /no/such: no such file or directory');
  t.match(error, {
    code: 'step',
    fields: { pointer: '/mounts/3/source', step: 'mount-bind', syscall: 'open_tree', errno: ENOENT, path: '/no/such' },
  });
  t.equal(messageError({ ...message, text: 'setsid' }, undefined).message, 'init: setsid: no such file or directory');
});

t.test('the steps that find and execute the program are told by its name', async (t) => {
  const step = { step: 'find-executable', name: 'sh2', path: '/bin', from: '/process/args/0' } as const;
  const message = { kind: MessageKind.error, step: 1, value: ENOENT, text: 'access', fds: [] };
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
