/** Where the state of containers is without --root. */
import { EEXIST } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { isInUserNamespace } from '../../container/creation/user-namespace.js';
import { S_IFDIR, S_IFMT, S_ISVTX } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import { fileKind } from '../../native/regular-file.js';

/**
 * True for a user who is root only in a user namespace, and so may not write to /run. The host's root may be in a user namespace as
 * well; it is recognised by $USER.
 */
function isGuestRoot(native: Native, env: Readonly<Record<string, string>>): boolean {
  return isInUserNamespace(native) && env.USER !== 'root';
}

/**
 * The default of --root: /run/tsrunc, or $XDG_RUNTIME_DIR/tsrunc for a user who can't write to /run. runc decides the same way.
 * Without that variable a user has /run/user/UID/tsrunc, if there is such a directory (pam_systemd(8)), or else /tmp/tsrunc-UID.
 * @throws TsruncError 'system' when somebody else has the last one
 */
export function defaultRoot(native: Native, env: Readonly<Record<string, string>>): string {
  const [, euid = 0] = native.identity();
  const personal = env.XDG_RUNTIME_DIR;
  if (personal) return euid !== 0 || isGuestRoot(native, env) ? `${personal}/tsrunc` : '/run/tsrunc';
  if (euid === 0) return '/run/tsrunc';
  const usual = `/run/user/${euid}`;
  return isOurs(native, usual, euid) ? `${usual}/tsrunc` : ownBelowTmp(native, euid);
}

/** Whether that is a directory of the user, and nobody else may write to it. Not followed: a symlink may be anybody's. */
function isOurs(native: Native, path: string, euid: number): boolean {
  const stat = native.stat(path, false);
  return stat !== null && (stat.mode & S_IFMT) === S_IFDIR && stat.uid === euid && (stat.mode & 0o022) === 0;
}

/**
 * /tmp/tsrunc-UID, which is made, or is there and known to be the user's alone. Anybody may have put something there before, and a
 * state that others write would have us send signals to processes of their choice.
 */
function ownBelowTmp(native: Native, euid: number): string {
  const path = `/tmp/tsrunc-${euid}`;
  const tmp = native.stat('/tmp', true);
  // Where anybody may rename what is in /tmp, nothing in it is the user's.
  if (tmp === null) throw noPlace(path, 'there is no /tmp');
  if ((tmp.mode & 0o022) !== 0 && (tmp.mode & S_ISVTX) === 0) throw noPlace(path, '/tmp has no sticky bit');
  if (tmp.uid !== 0 && tmp.uid !== euid) throw noPlace(path, `/tmp belongs to user ${tmp.uid}`);
  try {
    // The sticky bit says to what cleans /tmp from time to time that this is in use (tmpfiles.d(5)).
    native.mkdir(path, S_ISVTX | 0o700);
  } catch (error) {
    if (!isErrno(error, EEXIST)) throw error instanceof TsruncError ? noPlace(path, error.message) : error;
  }
  const stat = native.stat(path, false);
  if (stat === null) throw noPlace(path, 'it was removed at once');
  if ((stat.mode & S_IFMT) !== S_IFDIR) throw noPlace(path, `it is ${fileKind(stat.mode)}`);
  if (stat.uid !== euid) throw noPlace(path, `it belongs to user ${stat.uid}`);
  if ((stat.mode & 0o077) !== 0)
    throw noPlace(path, `others may enter it, its mode is ${(stat.mode & 0o7777).toString(8)}`);
  return path;
}

function noPlace(path: string, why: string): TsruncError {
  return new TsruncError('system', `no directory for the state of containers: not ${path}, as ${why}`, {
    path,
    hint: 'name one by --root, or set XDG_RUNTIME_DIR, as a login does',
  });
}
