/** Says why the kernel makes no namespaces for this user, and what to do. */
import { ENOSPC, EPERM } from '../../base/errno.js';
import { isErrno, TsruncError, withFields } from '../../base/error.js';
import type { Spec } from '../../config/spec.js';
import type { Native } from '../../native/native.js';

/** Settings that forbid user namespaces, each with the value that does (user_namespaces(7), AppArmor's and Debian's own). */
const forbidding: readonly (readonly [name: string, value: string])[] = [
  ['user.max_user_namespaces', '0'],
  ['kernel.unprivileged_userns_clone', '0'],
  ['kernel.apparmor_restrict_unprivileged_userns', '1'],
];

/**
 * The error of a spawn that was refused, with the field and the remedy. Others are returned unchanged. Called only for an error, so
 * that a container that can be made costs nothing.
 */
export function withNamespaceRemedy(error: unknown, native: Native, { linux }: Spec): unknown {
  if (!(error instanceof TsruncError) || !isErrno(error, EPERM, ENOSPC)) return error;
  if (!/^(clone3|unshare)$/.test(error.fields.syscall ?? '') || error.pointer !== undefined) return error;
  const pointer = '/linux/namespaces';
  const { message } = error;
  const asks = linux?.namespaces?.some(({ type, path }) => type === 'user' && !path) ?? false;
  const [, euid] = native.identity();
  const told = (why: string, hint: string) => withFields(error, { pointer, hint }, `${pointer}: ${why}: ${message}`);
  if (asks) {
    const setting = forbidding.find(([name, value]) => settingOf(native, name) === value);
    if (setting === undefined && error.errno === ENOSPC) return error;
    if (setting === undefined)
      return told(
        'a user namespace is refused',
        'a seccomp filter, a security module or a chroot around tsrunc may forbid it',
      );
    return told(
      'user namespaces are forbidden on this host',
      `by the sysctl ${setting.join(' = ')}, which root can change`,
    );
  }
  if (error.errno === ENOSPC) return error;
  if (euid === 0)
    return told(
      'tsrunc has no right to make these namespaces',
      'it needs CAP_SYS_ADMIN, or a user namespace for the container',
    );
  return told(
    'only root makes these without a user namespace',
    '"tsrunc spec" as this user writes a configuration with one; or add {"type": "user"} here, and uidMappings and gidMappings to linux',
  );
}

function settingOf(native: Native, name: string): string | undefined {
  try {
    return native.readFileIfExists(`/proc/sys/${name.replaceAll('.', '/')}`, 64)?.trim();
  } catch (error) {
    if (error instanceof TsruncError) return undefined;
    throw error;
  }
}
