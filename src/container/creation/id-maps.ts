/** Writes the id maps of a container's new user namespace, and reads those of existing ones. */
import { EACCES, ENOENT } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { type IdMaps, idMapText, parseIdMap } from '../../config/id-mappings.js';
import type { IdMapping, Spec } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import { planJoinUser } from '../../plan/namespaces/plan-join-user.js';
import type { PlannedIdMaps } from '../../plan/plan.js';
import { atField } from '../error-location.js';
import { runHelper } from '../init/helper-process.js';
import type { Runtime } from '../runtime.js';

/**
 * Writes the id maps of the user namespace of a process, each by one write(2), as the kernel demands
 * (user_namespaces(7), "Defining user and group ID mappings"). An unprivileged runtime that maps more than its own
 * ids needs newuidmap(1) and newgidmap(1) for that.
 * @throws TsruncError with the pointer of the mappings
 */
export function writeIdMaps(rt: Runtime, maps: PlannedIdMaps | undefined, pid: number): void {
  if (maps === undefined) return;
  const { uid, gid, denySetgroups, viaHelpers } = maps;
  if (denySetgroups) rt.native.writeExisting(`/proc/${pid}/setgroups`, 'deny');
  for (const [kind, mappings] of [['gid', gid] as const, ['uid', uid] as const]) {
    atField(`/linux/${kind}Mappings`, () => {
      if (viaHelpers) runMapper(rt, `new${kind}map`, pid, mappings);
      else rt.native.writeExisting(`/proc/${pid}/${kind}_map`, idMapText(mappings));
    });
  }
}

function runMapper(rt: Runtime, name: string, pid: number, mappings: readonly IdMapping[]): void {
  const ids = mappings.flatMap(({ containerID, hostID, size }) => [containerID, hostID, size].map(String));
  for (const directory of (rt.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin').split(':')) {
    if (!directory.startsWith('/')) continue;
    let result: ReturnType<typeof rt.native.command>;
    try {
      result = rt.native.command(`${directory}/${name}`, [name, String(pid), ...ids], [], '', '', 0, 1024);
    } catch (error) {
      if (isErrno(error, ENOENT, EACCES)) continue;
      throw error;
    }
    if (result.status === 0) return;
    throw new TsruncError('unsupported', `${name}: ${result.stderr.trim() || `exit status ${result.status}`}`, {
      hint: "the ids must be the caller's in /etc/subuid and /etc/subgid",
    });
  }
  throw new TsruncError('unsupported', `${name} is needed to map more than one id, and is not in PATH`, {
    hint: 'it is part of the package uidmap',
  });
}

/** The id maps of a process's user namespace; undefined if there is no such process. */
export function idMapsOfProcess(native: Native, pid: number): IdMaps | undefined {
  const [uid, gid] = (['uid_map', 'gid_map'] as const).map((name) =>
    native.readFileIfExists(`/proc/${pid}/${name}`, 1 << 16),
  );
  return uid && gid ? { uid: parseIdMap(uid), gid: parseIdMap(gid) } : undefined;
}

/**
 * The id maps of the user namespace that a configuration joins by path. The kernel shows them only for a process in
 * the namespace, so a helper joins it.
 * @returns undefined if no user namespace is joined, or if joining fails, which the plan's own step will report
 */
export function joinedIdMaps(rt: Runtime, { linux }: Spec): IdMaps | undefined {
  const path = linux?.namespaces?.find(({ type }) => type === 'user')?.path;
  if (!path) return undefined;
  let maps: IdMaps | undefined;
  try {
    runHelper(rt, planJoinUser(path), { directory: '' }, (pid) => {
      maps = idMapsOfProcess(rt.native, pid);
    });
  } catch (error) {
    if (!(error instanceof TsruncError) || error.code === 'internal') throw error;
  }
  return maps;
}
