import { type IdMaps, isMapped, isOwnIdOnly, mappedText } from '../../config/id-mappings.js';
import type { IdMapping, Process, Spec } from '../../config/spec.js';
import { CLONE_NEWUSER } from '../../native/flags.js';
import type { HostFacts } from '../host-facts.js';
import type { Plan } from '../plan.js';
import type { PlanBuilder } from '../steps/builder.js';
import { SyncEvent } from '../steps/protocol.js';

/** What the container's user namespace is. */
export interface UserNamespace {
  kind: 'none' | 'made' | 'joined';
  uid: IdMapping[];
  gid: IdMapping[];
  /** JSON pointer of the namespace's entry. */
  from: string;
  /** The runtime isn't root, so the new namespace has to stay dumpable until its maps are written. */
  unprivileged: boolean;
  /** setgroups(2) is denied in it: the caller may map nobody's groups but its own (CVE-2014-8989). */
  denySetgroups: boolean;
  /** The maps take newuidmap and newgidmap. */
  viaHelpers: boolean;
}

/**
 * Sorts out the user namespace of a config.
 * @param actual the maps that it has, where it is there already: those of the config don't count then
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
    from: index < 0 ? '' : `/linux/namespaces/${index}`,
    unprivileged,
    denySetgroups: kind === 'made' && unprivileged && own,
    viaHelpers: kind === 'made' && unprivileged && !own,
  };
}

/**
 * Root of the container makes its root file system, and its process is one of its users: ids that the user namespace lacks are
 * noted as problems, which the kernel would only call invalid. Of a namespace whose maps aren't known nothing is said.
 * @param pointer of the process
 */
export function checkIdsMapped(user: UserNamespace, process: Process, pointer: string, builder: PlanBuilder): void {
  if (user.kind === 'none') return;
  const check = (kind: 'uid' | 'gid', id: number, from: string): void => {
    const mappings = user[kind];
    if (mappings.length === 0 || isMapped(mappings, id)) return;
    const what = `unmapped ${kind} ${id} in user namespace: mapped are ${mappedText(mappings)}`;
    const hint = user.kind === 'made' ? `map it in linux.${kind}Mappings, or take a mapped one` : 'take a mapped one';
    builder.problem('config', from, what, hint);
  };
  const { uid = 0, gid = 0, additionalGids = [] } = process.user ?? {};
  for (const kind of ['uid', 'gid'] as const)
    check(kind, 0, user.kind === 'made' ? `/linux/${kind}Mappings` : user.from);
  if (uid !== 0) check('uid', uid, `${pointer}/user/uid`);
  if (gid !== 0) check('gid', gid, `${pointer}/user/gid`);
  additionalGids.forEach((group, i) => {
    if (group !== 0) check('gid', group, `${pointer}/user/additionalGids/${i}`);
  });
}

/** The part of the plan the runtime carries out at sync map-ids. */
export function idMapsOf(user: UserNamespace): Plan['idMaps'] {
  if (user.kind !== 'made') return undefined;
  return { uid: user.uid, gid: user.gid, denySetgroups: user.denySetgroups, viaHelpers: user.viaHelpers };
}

/** Takes root's ids in the user namespace just entered: until then the process has ids without a name there. */
export function becomeRoot(user: UserNamespace, builder: PlanBuilder): void {
  builder.add(user.from, { step: 'become', uid: 0, gid: 0 });
}

/**
 * Makes the user namespace and waits until the runtime has mapped it. An unprivileged runtime (and newuidmap) can open
 * uid_map only while the process is dumpable; nobody else is in the new namespace at that time (CVE-2016-9962).
 */
export function mapIds(user: UserNamespace, builder: PlanBuilder): void {
  builder.add(user.from, { step: 'unshare', flags: CLONE_NEWUSER });
  builder.add('/linux/uidMappings', { step: 'sync', event: SyncEvent.mapIds });
  if (user.unprivileged) builder.add('', { step: 'dumpable', value: 0 });
  becomeRoot(user, builder);
}

/**
 * How the `user` step is to call setgroups(2): not at all where it is denied or the caller's groups are kept, and with
 * patience where that can't be known.
 */
export function setGroupsMode(denied: boolean, facts: HostFacts, groups: number, keep: boolean): number {
  if (denied || keep) return 0;
  return groups === 0 && facts.inUserNamespace ? 2 : 1;
}
