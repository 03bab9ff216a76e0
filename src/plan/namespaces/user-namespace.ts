/** The container's user namespace, its id maps, and how the process becomes root in it. */
import { type IdMaps, isMapped, isOwnIdOnly, mappedText } from '../../config/id-mappings.js';
import type { IdMapping, Process, Spec } from '../../config/spec.js';
import { CLONE_NEWUSER } from '../../native/flags.js';
import type { HostFacts } from '../host-facts.js';
import type { PlannedIdMaps } from '../plan.js';
import type { PlanBuilder } from '../steps/builder.js';
import { SyncEvent } from '../steps/protocol.js';

/** How the container gets its user namespace, and with which id maps. */
export interface UserNamespace {
  kind: 'none' | 'made' | 'joined';
  uid: IdMapping[];
  gid: IdMapping[];
  /** JSON pointer of the namespace's entry. */
  pointer: string;
  /** The runtime isn't root, so the new namespace has to stay dumpable until its maps are written. */
  unprivileged: boolean;
  /** setgroups(2) has to be denied in it before an unprivileged caller may map its own group (CVE-2014-8989). */
  denySetgroups: boolean;
  /** The maps have to be written by newuidmap(1) and newgidmap(1). */
  viaHelpers: boolean;
}

/**
 * Reads the user namespace of a configuration.
 * @param actual the maps of a namespace that exists already; the configuration's are ignored then
 */
export function readUserNamespace(spec: Spec, facts: HostFacts, actual?: IdMaps): UserNamespace {
  const index = (spec.linux?.namespaces ?? []).findIndex(({ type }) => type === 'user');
  const namespace = spec.linux?.namespaces?.[index];
  const uid = actual?.uid ?? spec.linux?.uidMappings ?? [];
  const gid = actual?.gid ?? spec.linux?.gidMappings ?? [];
  const unprivileged = facts.uid !== 0;
  const kind = namespace === undefined ? 'none' : namespace.path ? 'joined' : 'made';
  const own = isOwnIdOnly(uid, facts.uid) && isOwnIdOnly(gid, facts.gid);
  return {
    kind,
    uid,
    gid,
    pointer: index < 0 ? '' : `/linux/namespaces/${index}`,
    unprivileged,
    denySetgroups: kind === 'made' && unprivileged && own,
    viaHelpers: kind === 'made' && unprivileged && !own,
  };
}

/**
 * Notes as problems ids that are needed but not mapped in the user namespace, for which the kernel would only say
 * EINVAL: root, as which init sets the container up, and the ids of the process. Maps that aren't known are not
 * checked.
 * @param pointer JSON pointer of the process
 */
export function checkIdsMapped(user: UserNamespace, process: Process, pointer: string, builder: PlanBuilder): void {
  if (user.kind === 'none') return;
  const check = (kind: 'uid' | 'gid', id: number, at: string): void => {
    const mappings = user[kind];
    if (mappings.length === 0 || isMapped(mappings, id)) return;
    const what = `unmapped ${kind} ${id} in user namespace: mapped are ${mappedText(mappings)}`;
    const hint = user.kind === 'made' ? `map it in linux.${kind}Mappings, or take a mapped one` : 'take a mapped one';
    builder.problem('config', at, what, hint);
  };
  const { uid = 0, gid = 0, additionalGids = [] } = process.user ?? {};
  for (const kind of ['uid', 'gid'] as const)
    check(kind, 0, user.kind === 'made' ? `/linux/${kind}Mappings` : user.pointer);
  if (uid !== 0) check('uid', uid, `${pointer}/user/uid`);
  if (gid !== 0) check('gid', gid, `${pointer}/user/gid`);
  additionalGids.forEach((group, i) => {
    if (group !== 0) check('gid', group, `${pointer}/user/additionalGids/${i}`);
  });
}

/** The maps that the runtime has to write at sync map-ids; undefined if no user namespace is made. */
export function idMapsOf(user: UserNamespace): PlannedIdMaps | undefined {
  if (user.kind !== 'made') return undefined;
  return { uid: user.uid, gid: user.gid, denySetgroups: user.denySetgroups, viaHelpers: user.viaHelpers };
}

/**
 * Adds the step that takes root's ids in the user namespace just entered. Before it the process may have ids that are
 * not mapped there.
 */
export function becomeRoot(user: UserNamespace, builder: PlanBuilder): void {
  builder.add(user.pointer, { step: 'become', uid: 0, gid: 0 });
}

/**
 * Adds the steps that make the user namespace and wait until the runtime has written its maps. An unprivileged
 * runtime (and newuidmap) can open uid_map only while the process is dumpable. That is safe here, as no other process
 * is in the new namespace yet (CVE-2016-9962).
 */
export function mapIds(user: UserNamespace, builder: PlanBuilder): void {
  builder.add(user.pointer, { step: 'unshare', flags: CLONE_NEWUSER });
  builder.add('/linux/uidMappings', { step: 'sync', event: SyncEvent.mapIds });
  if (user.unprivileged) builder.add('', { step: 'dumpable', value: 0 });
  becomeRoot(user, builder);
}

/**
 * How the `user` step calls setgroups(2): 0 not at all, as it is denied or the caller's groups are kept; 1 it has to
 * work; 2 it may fail with EPERM, since in a user namespace made by others we can't know whether it is denied.
 * @param groups how many additional groups the process asks for
 */
export function setGroupsMode(denied: boolean, facts: HostFacts, groups: number, keep: boolean): number {
  if (denied || keep) return 0;
  return groups === 0 && facts.inUserNamespace ? 2 : 1;
}
