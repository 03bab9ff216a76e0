/** The steps that a process of `exec` and the first process of a container have in common, in their three stages. */
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

/** If user.umask is left out: a fixed value, so that the caller's umask makes no difference. */
const DEFAULT_UMASK = 0o022;

/** What the steps of a process are planned from, for a container's first process and for `exec` alike. */
export interface ProcessContext {
  process: Process;
  /** JSON pointer of the process: /process, or '' for a file of its own. */
  pointer: string;
  facts: HostFacts;
  /** The process will be in a user namespace other than the runtime's. */
  userNamespace: boolean;
  /** Capabilities that can't be granted and were already warned about. */
  toldCapabilities?: ReadonlySet<string>;
  builder: PlanBuilder;
  /** The container's filter. */
  seccomp: Seccomp | undefined;
  /** How setgroups(2) is called, see setGroupsMode. */
  setGroups: number;
  listenFds: number;
  notifySocket: boolean;
  preserveFds: number;
}

/**
 * Adds the first steps of all: the OOM score, and raised hard limits while init still has the right to raise them.
 */
export function planEarly({ process, pointer, builder }: ProcessContext): void {
  if (process.oomScoreAdj !== undefined) {
    builder.add(`${pointer}/oomScoreAdj`, { step: 'oom-score-adj', value: process.oomScoreAdj });
  }
  planRlimits(process.rlimits, pointer, true, builder);
}

/**
 * Adds the steps that need rights over the host, which init loses when it enters a user namespace. Nothing if the
 * runtime isn't root.
 * @param user the user namespace that init is going to enter
 */
export function planOutside(context: ProcessContext, user: UserNamespace): void {
  const { process, pointer, facts, builder } = context;
  if (facts.uid !== 0) return;
  // Only pipes are given away: a file or a terminal of the host keeps its owner.
  const uid = hostId(user.uid, process.user?.uid ?? 0);
  if (!process.terminal && uid !== undefined) builder.add(`${pointer}/user/uid`, { step: 'own-stdio', uid, pipes: 1 });
  if (schedulesOutside(context)) planScheduler(process.scheduler, pointer, builder);
  planIoPriority(process.ioPriority, pointer, builder);
}

/**
 * Whether scheduling is set before init enters the user namespace. Init still forks after that, which the kernel
 * refuses under SCHED_DEADLINE, and which loses the policy with SCHED_FLAG_RESET_ON_FORK (sched(7)).
 */
function schedulesOutside({ process: { scheduler }, facts, userNamespace }: ProcessContext): boolean {
  if (!userNamespace || facts.uid !== 0) return false;
  return scheduler?.policy !== 'SCHED_DEADLINE' && !scheduler?.flags?.includes('SCHED_FLAG_RESET_ON_FORK');
}

/** Adds no_new_privs, and those of scheduling and I/O priority that planOutside didn't set. */
export function planAttributes(context: ProcessContext): void {
  const { process, pointer, builder, facts, userNamespace } = context;
  if (process.noNewPrivileges) builder.add(`${pointer}/noNewPrivileges`, { step: 'no-new-privileges' });
  if (!schedulesOutside(context)) planScheduler(process.scheduler, pointer, builder);
  if (!userNamespace || facts.uid !== 0) planIoPriority(process.ioPriority, pointer, builder);
}

/** When the seccomp filter is loaded. */
interface SeccompPlace {
  /** Before the step `ready`, rather than right before exec. */
  early: boolean;
  /** CAP_SYS_ADMIN is kept until then: seccomp(2) needs it or no_new_privs, and the process has neither. */
  borrow: boolean;
}

function seccompPlace({ process, seccomp }: ProcessContext, masks: CapabilityMasks): SeccompPlace | undefined {
  if (seccomp === undefined) return undefined;
  const allowed = process.noNewPrivileges === true || (masks.effective & CAP_SYS_ADMIN) !== 0n;
  return { early: hasListener(seccomp) || !allowed, borrow: !allowed };
}

/** What remains to be planned after the steps up to `ready`. */
export interface PlannedProcess {
  /** The filter is loaded right before exec. startContainer hooks run before that, so each has to load it itself. */
  readonly filterIsLast: boolean;
  /**
   * Adds the steps after wait-start: the filter, if it is loaded last, and exec.
   * @returns the number of the filter's step, undefined without a filter
   */
  finish(): number | undefined;
}

/**
 * Adds the steps that end before `ready`: umask, working directory, ids, capabilities, executable, limits. The order
 * is runc's with one exception: if loading the filter needs CAP_SYS_ADMIN, the capability is kept until after the
 * change of user. So the profile needn't allow the system calls of that change.
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

  builder.add(`${pointer}/user/umask`, { step: 'umask', mask: process.user?.umask ?? DEFAULT_UMASK });
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
    // Without PATH no directory is searched, as with runc: neither the host's PATH nor an invisible default may
    // decide.
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

/** The groups as the array of gid_t that setgroups(2) takes: 32 bits each, little endian. */
function packGroups(groups: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(groups.length * 4);
  const view = new DataView(bytes.buffer);
  groups.forEach((gid, i) => {
    view.setUint32(i * 4, gid, true);
  });
  return bytes;
}
