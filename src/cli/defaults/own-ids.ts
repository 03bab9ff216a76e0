/** The ids that a user without root may map into a user namespace: subuid(5), subgid(5). */
import { subIdRanges } from '../../base/sub-id-ranges.js';
import type { IdMapping } from '../../config/spec.js';
import { findProgram } from '../../native/find-program.js';
import type { Native } from '../../native/native.js';

/** The id maps of a container of one user, who is root in it. */
export interface OwnIds {
  readonly uid: readonly IdMapping[];
  readonly gid: readonly IdMapping[];
}

const LIMIT = 4 << 20;

/** The user's own ids, and nothing else: needs no privilege. */
export function ownIdsOnly(native: Native): OwnIds {
  const [, uid = 0, , gid = 0] = native.identity();
  return { uid: [{ containerID: 0, hostID: uid, size: 1 }], gid: [{ containerID: 0, hostID: gid, size: 1 }] };
}

/**
 * The user's own ids, as root's, and from 1 on those of /etc/subuid and /etc/subgid: where newuidmap(1) and newgidmap(1) are in
 * $PATH, without which nobody could map them, and both files have ids of the user.
 */
export function allOwnIds(native: Native, path: string): OwnIds {
  const own = ownIdsOnly(native);
  if (['newuidmap', 'newgidmap'].some((name) => findProgram(native, name, path) === undefined)) return own;
  const [, uid = 0] = native.identity();
  const owners = [String(uid), native.userName(uid)].filter((one) => one !== null);
  const [uids, gids] = ['/etc/subuid', '/etc/subgid'].map((file) =>
    mappingsIn(native.readFileIfExists(file, LIMIT) ?? '', owners),
  );
  // With one of them alone a file of an image could have an owner that is mapped and a group that isn't.
  if (!uids?.length || !gids?.length) return own;
  return { uid: [...own.uid, ...uids], gid: [...own.gid, ...gids] };
}

/** The user's ranges in a file, one after the other from container id 1 on. */
function mappingsIn(text: string, owners: readonly string[]): IdMapping[] {
  let next = 1;
  return subIdRanges(text, owners).map(({ first, count }) => {
    const mapping = { containerID: next, hostID: first, size: count };
    next += count;
    return mapping;
  });
}
