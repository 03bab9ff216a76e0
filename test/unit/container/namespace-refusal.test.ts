import t from 'tap';
import { EINVAL, ENOSPC, EPERM } from '../../../src/base/errno.js';
import { TsruncError } from '../../../src/base/error.js';
import type { Spec } from '../../../src/config/spec.js';
import { withNamespaceRemedy } from '../../../src/container/init/namespace-refusal.js';
import type { Native } from '../../../src/native/native.js';

const error = (errno: number, syscall = 'clone3') =>
  new TsruncError('system', `${syscall}: errno ${errno}`, { syscall, errno });
const specOf = (...types: string[]) => ({ linux: { namespaces: types.map((type) => ({ type })) } }) as Spec;

function told(errno: number, spec: Spec, settings: Record<string, string> = {}, euid = 1000, syscall = 'clone3') {
  const native = {
    identity: () => [euid, euid, euid, euid, 1, 1],
    readFileIfExists: (path: string) => settings[path] ?? null,
  };
  const given = error(errno, syscall);
  const result = withNamespaceRemedy(given, native as Partial<Native> as Native, spec);
  if (!(result instanceof TsruncError) || result.message === given.message) return undefined;
  t.equal(result.pointer, '/linux/namespaces');
  return `${result.message}; ${result.fields.hint}`;
}

t.test('why the kernel makes no namespaces, and what to do', async (t) => {
  const user = specOf('mount', 'user');
  t.match(told(EPERM, specOf('mount')), /only root makes these without a user namespace: .*"tsrunc spec" as this user/);
  t.match(told(EPERM, specOf('mount'), {}, 0), /no right to make these namespaces: .*CAP_SYS_ADMIN/);
  t.match(told(EPERM, user), /a user namespace is refused: .*seccomp/);
  t.match(
    told(EPERM, user, { '/proc/sys/kernel/unprivileged_userns_clone': '0\n' }),
    /forbidden on this host: .*kernel\.unprivileged_userns_clone = 0/,
  );
  t.match(
    told(EPERM, user, { '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1\n' }),
    /kernel\.apparmor_restrict_unprivileged_userns = 1/,
  );
  t.match(told(ENOSPC, user, { '/proc/sys/user/max_user_namespaces': '0\n' }), /user\.max_user_namespaces = 0/);
});

t.test('other refusals stay as they are', async (t) => {
  t.equal(told(EINVAL, specOf('mount')), undefined);
  t.equal(told(ENOSPC, specOf('mount')), undefined);
  t.equal(told(EPERM, specOf('mount'), {}, 1000, 'open'), undefined);
  const other = new Error('x');
  t.equal(withNamespaceRemedy(other, {} as Native, specOf()), other);
});
