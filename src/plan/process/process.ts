import { hostId } from '../../config/id-mappings.js';
import type { Process, Seccomp } from '../../config/spec.js';
import type { HostFacts } from '../host-facts.js';
import type { UserNamespace } from '../namespaces/user-namespace.js';
import { hasListener, readSeccompFlags } from '../seccomp/seccomp-flags.js';
import type { PlanBuilder } from '../steps/builder.js';
import { CAP_SYS_ADMIN, type CapabilityMasks, readCapabilities } from './capabilities.js';
import { containerEnvironment, lookup } from './environment.js';
import { planIoPriority } from './io-priority.js';
import { planRlimits } from './rlimits.js';
import { planScheduler } from './scheduler.js';

/** What the process of a container and that of an exec have in common. */
export interface ProcessContext {
  process: Process;
  /** JSON pointer of the process: /process, or '' for a file of its own. */
  pointer: string;
  facts: HostFacts;
  /** It is in a user namespace that is not ours. */
  userNamespace: boolean;
  /** Capabilities that can't be granted and were warned of before. */
  toldCapabilities?: ReadonlySet<string>;
  builder: PlanBuilder;
  /** The container's filter. */
  seccomp: Seccomp | undefined;
  /** How setgroups(2) is to be called: see the `user` step. */
  setGroups: number;
  listenFds: number;
  notifySocket: boolean;
  preserveFds: number;
}

/** Raises hard limits while init may; the first steps of all. */
export function planEarly({ process, pointer, builder }: ProcessContext): void {
  if (process.oomScoreAdj !== undefined) {
    builder.add(`${pointer}/oomScoreAdj`, { step: 'oom-score-adj', value: process.oomScoreAdj });
  }
  planRlimits(process.rlimits, pointer, true, builder);
}

/**
 * What takes rights over the host that are gone in a user namespace; before init enters one.
 * @param user the namespace that it is going to enter
 */
export function planOutside(context: ProcessContext, user: UserNamespace): void {
  const { process, pointer, facts, builder } = context;
  if (facts.uid !== 0) return;
  // Only pipes: a file or a terminal of the host's keeps its owner.
  const uid = hostId(user.uid, process.user?.uid ?? 0);
  if (!process.terminal && uid !== undefined) builder.add(`${pointer}/user/uid`, { step: 'own-stdio', uid, pipes: 1 });
  if (schedulesOutside(context)) planScheduler(process.scheduler, pointer, builder);
  planIoPriority(process.ioPriority, pointer, builder);
}

/** Init forks on its way into the namespaces: a deadline forbids that, and a child may be meant to have none of it. */
function schedulesOutside({ process: { scheduler }, facts, userNamespace }: ProcessContext): boolean {
  if (!userNamespace || facts.uid !== 0) return false;
  return scheduler?.policy !== 'SCHED_DEADLINE' && !scheduler?.flags?.includes('SCHED_FLAG_RESET_ON_FORK');
}

/** no_new_privs, and of scheduling what planOutside has left. */
export function planAttributes(context: ProcessContext): void {
  const { process, pointer, builder, facts, userNamespace } = context;
  if (process.noNewPrivileges) builder.add(`${pointer}/noNewPrivileges`, { step: 'no-new-privileges' });
  if (!schedulesOutside(context)) planScheduler(process.scheduler, pointer, builder);
  if (!userNamespace || facts.uid !== 0) planIoPriority(process.ioPriority, pointer, builder);
}

/** Where the filter goes, decided once for a process. */
interface SeccompPlace {
  /** Before the runtime is told `ready`, not right before exec. */
  early: boolean;
  /** CAP_SYS_ADMIN has to be held until then: seccomp(2) wants it or no_new_privs. */
  borrow: boolean;
}

function seccompPlace({ process, seccomp }: ProcessContext, masks: CapabilityMasks): SeccompPlace | undefined {
  if (seccomp === undefined) return undefined;
  const allowed = process.noNewPrivileges === true || (masks.effective & CAP_SYS_ADMIN) !== 0n;
  return { early: hasListener(seccomp) || !allowed, borrow: !allowed };
}

/** What is left to plan once the steps up to `ready` are there. */
export interface PlannedProcess {
  /** The filter comes last: startContainer hooks, which run before, have to load it for themselves. */
  readonly filterIsLast: boolean;
  /** Adds what follows wait-start: the filter, where it comes last, and exec. Returns the number of the filter's step. */
  finish(): number | undefined;
}

/**
 * Steps from the bounding set to the last one before `ready`: ids, capabilities, working directory, executable.
 * The order is runc's, except that a filter that takes CAP_SYS_ADMIN is loaded with that capability borrowed after the change of user, so
 * that the profile has to allow nothing of it.
 */
export function planUser(context: ProcessContext): PlannedProcess {
  const { process, pointer, facts, builder, seccomp } = context;
  const { userNamespace, toldCapabilities } = context;
  const host = { facts, userNamespace, ...(toldCapabilities && { told: toldCapabilities }) };
  const masks = readCapabilities(process.capabilities, `${pointer}/capabilities`, host, builder);
  const place = seccompPlace(context, masks);
  const env = containerEnvironment(process.env, context);
  const uid = process.user?.uid ?? 0;
  const gid = process.user?.gid ?? 0;

  builder.add(`${pointer}/user/umask`, { step: 'umask', mask: process.user?.umask ?? 0o022 });
  builder.add(`${pointer}/cwd`, { step: 'cwd', path: process.cwd, attempt: 1 });
  if (!process.terminal) builder.add(`${pointer}/user/uid`, { step: 'own-stdio', uid, pipes: 0 });
  const capabilities = (extra: bigint): void => {
    builder.add(`${pointer}/capabilities`, {
      step: 'capabilities',
      effective: masks.effective | extra,
      permitted: masks.permitted | extra,
      inheritable: masks.inheritable,
      ambient: masks.ambient,
    });
  };
  builder.add(`${pointer}/capabilities/bounding`, { step: 'bounding-set', keep: masks.bounding });
  builder.add(`${pointer}/user`, {
    step: 'user',
    uid,
    gid,
    groups: packGroups(process.user?.additionalGids ?? []),
    setGroups: context.setGroups,
  });
  builder.add(`${pointer}/cwd`, { step: 'cwd', path: process.cwd, attempt: 0 });
  capabilities(place?.borrow ? CAP_SYS_ADMIN : 0n);
  if (lookup(env, 'HOME') === undefined) builder.add(`${pointer}/user/uid`, { step: 'home', uid });
  const [name] = process.args ?? [];
  if (name === undefined || name === '') {
    builder.problem('config', `${pointer}/args`, 'there is nothing to execute', 'args takes at least the executable');
  } else {
    // Without a PATH nothing is searched, as with runc: the host's must not decide, nor a default that nobody sees.
    builder.add(`${pointer}/args/0`, { step: 'find-executable', name, path: lookup(env, 'PATH') ?? '' });
  }
  planRlimits(process.rlimits, pointer, false, builder);

  let filter: number | undefined;
  const load = (): void => {
    if (seccomp === undefined) return;
    const flags = readSeccompFlags(seccomp, '/linux/seccomp', builder);
    filter = builder.add('/linux/seccomp', { step: 'seccomp', flags, filter: new Uint8Array() });
    if (place?.borrow) capabilities(0n);
  };
  if (place?.early) load();
  return {
    filterIsLast: place !== undefined && !place.early,
    finish: () => {
      if (place !== undefined && !place.early) load();
      builder.add(`${pointer}/args`, { step: 'exec', args: process.args ?? [], env, preserve: context.preserveFds });
      return filter;
    },
  };
}

/** gid_t[] as setgroups(2) takes it, little endian. */
function packGroups(groups: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(groups.length * 4);
  const view = new DataView(bytes.buffer);
  groups.forEach((gid, i) => {
    view.setUint32(i * 4, gid, true);
  });
  return bytes;
}
