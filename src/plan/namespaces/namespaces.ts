import { namespaceTypes } from '../../config/namespace-types.js';
import type { NamespaceType, Spec } from '../../config/spec.js';
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
} from '../../native/flags.js';
import type { HostFacts } from '../host-facts.js';
import type { PlanBuilder } from '../steps/builder.js';
import { timeOffsetsText } from './time-offsets.js';
import { becomeRoot, mapIds, type UserNamespace } from './user-namespace.js';

export interface JoinedNamespace {
  type: NamespaceType;
  path: string;
  from: string;
}

/** The namespaces of a config, sorted by what has to be done for them. */
export interface Namespaces {
  /** CLONE_NEW* of those that are made. */
  made: number;
  joined: JoinedNamespace[];
}

function sortNamespaces(spec: Spec): Namespaces {
  let made = 0;
  const joined: JoinedNamespace[] = [];
  (spec.linux?.namespaces ?? []).forEach(({ type, path }, i) => {
    if (path) joined.push({ type, path, from: `/linux/namespaces/${i}/path` });
    else made |= namespaceTypes[type].flag;
  });
  return { made, joined };
}

/** Reads linux.namespaces; a type the kernel doesn't have is noted as a problem. */
export function readNamespaces(spec: Spec, facts: HostFacts, builder: PlanBuilder): Namespaces {
  (spec.linux?.namespaces ?? []).forEach(({ type }, i) => {
    if (facts.namespaces.includes(namespaceTypes[type].file)) return;
    builder.problem('unsupported', `/linux/namespaces/${i}`, `this kernel (${facts.kernel}) has no ${type} namespaces`);
  });
  return sortNamespaces(spec);
}

/** True when the container has a namespace of that type of its own, made or joined. */
export function hasOwn({ made, joined }: Namespaces, type: NamespaceType): boolean {
  return (made & namespaceTypes[type].flag) !== 0 || joined.some((namespace) => namespace.type === type);
}

/**
 * The namespaces that the first clone3 makes, when it can make all at once: none joined, no user namespace (it waits for its
 * maps), no time offsets (to be written before the first process enters). The cgroup namespace is always left out: its
 * root is the cgroup of the moment, and init has to be in the container's first.
 */
export function cloneFlagsAtOnce({ made, joined }: Namespaces, spec: Spec): number | undefined {
  if (joined.length > 0 || (made & CLONE_NEWUSER) !== 0) return undefined;
  if ((made & CLONE_NEWTIME) !== 0 && timeOffsetsText(spec) !== '') return undefined;
  return made & ~CLONE_NEWCGROUP;
}

/**
 * CLONE_NEW* that are made before there is a plan, as the kernel takes its time for them: of those that the first clone3 is
 * to make, the ones that a thread can enter.
 */
export function namespacesAhead(spec: Spec): number {
  return (cloneFlagsAtOnce(sortNamespaces(spec), spec) ?? 0) & (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
}

/**
 * Steps that make and join the namespaces, when clone3 didn't make them all. Order:
 *
 * - With the rights of root in the runtime's user namespace the other namespaces are joined first, and the user namespace
 *   is joined or made last: what belongs to the host (a network namespace made by CNI) can't be joined from within it.
 *   Without those rights the user namespace comes first, since it is what gives them. The mount namespace is joined last
 *   of the others: joining it changes what paths mean.
 * - The rest is made once the process is root of the user namespace, so that they belong to it.
 * - The offsets of a time namespace have to be set before the first process is in it.
 */
export function planNamespaces(
  spec: Spec,
  facts: HostFacts,
  namespaces: Namespaces,
  user: UserNamespace,
  builder: PlanBuilder,
): void {
  const { made, joined } = namespaces;
  const others = joined.filter(({ type }) => type !== 'user' && type !== 'mount');
  const mount = joined.filter(({ type }) => type === 'mount');
  const joinedUser = joined.filter(({ type }) => type === 'user');
  const privileged = facts.uid === 0;
  for (const namespace of privileged ? [...others, ...mount, ...joinedUser] : [...joinedUser, ...others, ...mount]) {
    const { flag: type } = namespaceTypes[namespace.type];
    const slot = builder.runtimeSlot({ kind: 'namespace', path: namespace.path, type, from: namespace.from });
    builder.add(namespace.from, { step: 'join-namespace', descriptor: slot, type });
    if (namespace.type === 'user') becomeRoot(user, builder);
  }
  if (user.kind === 'made') mapIds(user, builder);

  const rest = made & ~CLONE_NEWUSER;
  if (rest !== 0) builder.add('/linux/namespaces', { step: 'unshare', flags: rest });
  const offsets = timeOffsetsText(spec);
  if ((made & CLONE_NEWTIME) !== 0 && offsets !== '') {
    // Init has opened timens_offsets already: it needn't become dumpable for that, in a user namespace with others.
    builder.add('/linux/timeOffsets', { step: 'time-offsets', offsets });
  }
  // pid_namespaces(7), time_namespaces(7): unshare and setns only change what children get.
  if (hasOwn(namespaces, 'pid') || hasOwn(namespaces, 'time')) builder.add('', { step: 'fork' });
}
