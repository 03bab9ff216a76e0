/** linux.namespaces: which namespaces are made, which are joined, and in which order. */
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

/** A namespace that exists already and is joined by path. */
export interface JoinedNamespace {
  type: NamespaceType;
  path: string;
  pointer: string;
}

/** The namespaces of a configuration: those to make and those to join. */
export interface Namespaces {
  /** CLONE_NEW* of those that are made. */
  made: number;
  joined: JoinedNamespace[];
}

function sortNamespaces(spec: Spec): Namespaces {
  let made = 0;
  const joined: JoinedNamespace[] = [];
  (spec.linux?.namespaces ?? []).forEach(({ type, path }, i) => {
    if (path) joined.push({ type, path, pointer: `/linux/namespaces/${i}/path` });
    else made |= namespaceTypes[type].flag;
  });
  return { made, joined };
}

/** Reads linux.namespaces. A type that this kernel doesn't have is noted as a problem. */
export function readNamespaces(spec: Spec, facts: HostFacts, builder: PlanBuilder): Namespaces {
  (spec.linux?.namespaces ?? []).forEach(({ type }, i) => {
    if (facts.namespaces.includes(namespaceTypes[type].file)) return;
    builder.problem('unsupported', `/linux/namespaces/${i}`, `this kernel (${facts.kernel}) has no ${type} namespaces`);
  });
  return sortNamespaces(spec);
}

/** True if the container has its own namespace of that type, made or joined, rather than the runtime's. */
export function hasOwn({ made, joined }: Namespaces, type: NamespaceType): boolean {
  return (made & namespaceTypes[type].flag) !== 0 || joined.some((namespace) => namespace.type === type);
}

/**
 * CLONE_NEW* for the first clone3, or undefined if it can't make all namespaces at once: one is joined, one is a user
 * namespace (which waits for its maps), or there are time offsets (which have to be written before a process enters).
 * The cgroup namespace is always left out: its root is the cgroup that its maker is in (cgroup_namespaces(7)), so
 * init has to be in the container's cgroup first.
 */
export function cloneFlagsAtOnce({ made, joined }: Namespaces, spec: Spec): number | undefined {
  if (joined.length > 0 || (made & CLONE_NEWUSER) !== 0) return undefined;
  if ((made & CLONE_NEWTIME) !== 0 && timeOffsetsText(spec) !== '') return undefined;
  return made & ~CLONE_NEWCGROUP;
}

/**
 * CLONE_NEW* of the namespaces that are made while the planning goes on, because they are slow to make: of those for
 * the first clone3, the types that a single thread can enter by setns(2).
 */
export function namespacesAhead(spec: Spec): number {
  return (cloneFlagsAtOnce(sortNamespaces(spec), spec) ?? 0) & (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
}

/**
 * Adds the steps that make and join the namespaces, if clone3 doesn't make them all. Their order:
 *
 * - If the runtime is root, the user namespace is joined or made after the others were joined: a namespace that belongs to the
 *   host (a network namespace made by CNI) can't be joined from within it. If it isn't root, the user namespace comes first,
 *   since it gives the rights to join the others. Of those the mount namespace is joined last, because it changes what paths
 *   mean.
 * - New namespaces are made once the process is root of the user namespace, so that they belong to it.
 * - The offsets of a time namespace have to be set before the first process enters it (time_namespaces(7)).
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
    const slot = builder.runtimeSlot({ kind: 'namespace', path: namespace.path, type, pointer: namespace.pointer });
    builder.add(namespace.pointer, { step: 'join-namespace', descriptor: slot, type });
    if (namespace.type === 'user') becomeRoot(user, builder);
  }
  if (user.kind === 'made') mapIds(user, builder);

  const rest = made & ~CLONE_NEWUSER;
  if (rest !== 0) builder.add('/linux/namespaces', { step: 'unshare', flags: rest });
  const offsets = timeOffsetsText(spec);
  if ((made & CLONE_NEWTIME) !== 0 && offsets !== '') {
    // Init opened timens_offsets before it became undumpable, so it needn't be dumpable in a user namespace shared
    // with others.
    builder.add('/linux/timeOffsets', { step: 'time-offsets', offsets });
  }
  // pid_namespaces(7), time_namespaces(7): unshare(2) and setns(2) put only children into a namespace of these types.
  if (hasOwn(namespaces, 'pid') || hasOwn(namespaces, 'time')) builder.add('', { step: 'fork' });
}
