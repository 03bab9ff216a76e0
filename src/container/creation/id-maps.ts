import { EACCES, ENOENT } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { type IdMaps, idMapText, parseIdMap } from '../../config/id-mappings.js';
import type { IdMapping, Spec } from '../../config/spec.js';
import type { Native } from '../../native/native.js';
import { planJoinUser } from '../../plan/namespaces/plan-join-user.js';
import type { Plan } from '../../plan/plan.js';
import { atField } from '../error-location.js';
import { runHelper } from '../init/helper-process.js';
import type { Runtime } from '../runtime.js';

/**
 * Gives the new user namespace of a process its ids: user_namespaces(7), "Defining user and group ID mappings".
 * Each map is one write(2). Without privileges and with more than the own id, newuidmap(1) and newgidmap(1) do it.
 * @throws TsruncError naming the field of the mappings.
 */
export function writeIdMaps(rt: Runtime, plan: Plan, pid: number): void {
  if (plan.idMaps === undefined) return;
  const { uid, gid, denySetgroups, viaHelpers } = plan.idMaps;
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
  for (const folder of (rt.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin').split(':')) {
    if (!folder.startsWith('/')) continue;
    let result: ReturnType<typeof rt.native.command>;
    try {
      result = rt.native.command(`${folder}/${name}`, [name, String(pid), ...ids], [], '', '', 0, 1024);
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

/** What the user namespace of a process maps; undefined where there is no such process (any more). */
export function idMapsOfProcess(native: Native, pid: number): IdMaps | undefined {
  const [uid, gid] = (['uid_map', 'gid_map'] as const).map((name) =>
    native.readFileIfExists(`/proc/${pid}/${name}`, 1 << 16),
  );
  return uid && gid ? { uid: parseIdMap(uid), gid: parseIdMap(gid) } : undefined;
}

/**
 * What the user namespace maps that a configuration joins by path. Only a process that is in it tells: one is put there.
 * @returns undefined where none is joined, or it can't be: then the step that joins it says so
 */
export function joinedIdMaps(rt: Runtime, { linux }: Spec): IdMaps | undefined {
  const path = linux?.namespaces?.find(({ type }) => type === 'user')?.path;
  if (!path) return undefined;
  let maps: IdMaps | undefined;
  try {
    runHelper(rt, planJoinUser(path), { folder: '' }, (pid) => {
      maps = idMapsOfProcess(rt.native, pid);
    });
  } catch (error) {
    if (!(error instanceof TsruncError) || error.code === 'internal') throw error;
  }
  return maps;
}
