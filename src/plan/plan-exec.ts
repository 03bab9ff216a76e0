/** Plans another process in a running container, for `exec`. */
import { crunAnnotations } from '../config/crun-annotations.js';
import type { IdMaps } from '../config/id-mappings.js';
import type { Process, Spec } from '../config/spec.js';
import { CLONE_NEWNS, CLONE_NEWPID } from '../native/flags.js';
import type { HostFacts } from './host-facts.js';
import { planCgroupJoin } from './mounts/cgroup-join.js';
import { makesNodes } from './mounts/devices.js';
import { becomeRoot, checkIdsMapped, readUserNamespace, setGroupsMode } from './namespaces/user-namespace.js';
import type { ProcessPlan } from './plan.js';
import { planConsole } from './process/console.js';
import { planAffinity } from './process/cpu-affinity.js';
import { planMemoryPolicy } from './process/memory-policy.js';
import { planPersonality } from './process/personality.js';
import { type ProcessContext, planAttributes, planEarly, planOutside, planUser } from './process/process.js';
import { planApparmor, planSelinux } from './process/security-labels.js';
import { plannedFilter } from './seccomp/planned-filter.js';
import { PlanBuilder } from './steps/builder.js';
import { NO_SLOT } from './steps/step-table.js';
import { planStepTimes } from './steps/step-times.js';

/** What `exec` knows about the running container and from its command line. */
export interface ExecPlanOptions {
  /** The container's configuration: its seccomp filter, user namespace, personality and memory policy apply. */
  spec: Spec;
  /** The container's id. The session keyring is named after it: the processes of a container share one. */
  id?: string;
  preserveFds: number;
  /** The program is executed only once the runtime says so. A process with a terminal always waits. */
  waits?: boolean;
  /** CLONE_NEW* of the namespaces to join: those of the container that the runtime isn't in already. */
  namespaces: number;
  hasUserNamespace: boolean;
  /** The id maps of that user namespace, if they could be read. */
  idMaps?: IdMaps;
  /** Capabilities that can't be granted and that `create` has already warned about. */
  toldCapabilities?: ReadonlySet<string>;
  cgroup: { cloneInto: string; join: string[] };
  /** As in PlanOptions. */
  timesSteps?: boolean;
}

/** JSON pointer of the process: it comes from a file of its own, so its fields are at the top level. */
const POINTER = '';

/**
 * The cgroup to clone the process into, and the files to join others by. execCPUAffinity.initial has to be set before
 * the process is moved to the container's cgroup (config.md, `execCPUAffinity`), so with it nothing is cloned into a
 * cgroup.
 */
export function cgroupForExec(
  process: Process,
  { cloneInto, join }: ExecPlanOptions['cgroup'],
): ExecPlanOptions['cgroup'] {
  if (!process.execCPUAffinity?.initial || cloneInto === '') return { cloneInto, join };
  return { cloneInto: '', join: [...join, `${cloneInto}/cgroup.procs`] };
}

/**
 * Plans a process in a running container. The runtime puts the pidfd of the container's process into slot 0.
 * @throws TsruncError 'config' or 'unsupported' with the pointer of the field.
 */
export function planExec(process: Process, options: ExecPlanOptions, facts: HostFacts): ProcessPlan {
  const { spec } = options;
  const builder = new PlanBuilder();
  const container = readUserNamespace(spec, facts, options.idMaps);
  const context: ProcessContext = {
    process,
    pointer: POINTER,
    facts,
    userNamespace: options.hasUserNamespace,
    ...(options.toldCapabilities && { toldCapabilities: options.toldCapabilities }),
    builder,
    seccomp: spec.linux?.seccomp,
    setGroups: setGroupsMode(
      container.denySetgroups,
      facts,
      process.user?.additionalGids?.length ?? 0,
      crunAnnotations(spec.annotations).keepGroups,
    ),
    listenFds: 0,
    notifySocket: false,
    preserveFds: options.preserveFds,
  };

  if (options.hasUserNamespace) checkIdsMapped(container, process, POINTER, builder);
  const pidfd = builder.runtimeSlot({ kind: 'container-pidfd', pointer: '' });
  // setns(2) into a mount namespace changes the root as well. A container without one has only a root, which is
  // entered by a step.
  const ownMounts = (options.namespaces & CLONE_NEWNS) !== 0;
  const root = ownMounts ? undefined : builder.runtimeSlot({ kind: 'container-root', pointer: '' });
  planStepTimes(options.timesSteps, builder);
  planAffinity(process.execCPUAffinity?.initial, '/execCPUAffinity/initial', builder);
  planCgroupJoin(cgroupForExec(process, options.cgroup).join, builder);
  planEarly(context);
  if (options.hasUserNamespace) planOutside(context, container);
  // Processes of the container must not trace this one, nor take its descriptors: CVE-2016-9962.
  builder.add('', { step: 'dumpable', value: 0 });
  if (options.namespaces !== 0) builder.add('', { step: 'join-process', pidfd, flags: options.namespaces });
  if (options.hasUserNamespace) becomeRoot(container, builder);
  // Everything that needs procfs is done before init is among the container's processes; a child inherits the result.
  const keyringLabel = facts.selinux ? (process.selinuxLabel ?? '') : '';
  builder.add('', { step: 'session-keyring', name: `_ses.${options.id ?? ''}`, label: keyringLabel });
  planApparmor(process, POINTER, facts, builder);
  planSelinux(process, POINTER, facts, builder);
  builder.add('', { step: 'close-proc' });
  // Before the fork: a process of the container with CAP_SYS_PTRACE could reach the child's root through
  // /proc/PID/root.
  if (root !== undefined) builder.add('', { step: 'enter-root', root });
  if (options.namespaces & CLONE_NEWPID) builder.add('', { step: 'fork' });
  builder.add('', { step: 'setsid' });
  if (root === undefined) builder.add('', { step: 'adopt-root' });
  planAffinity(process.execCPUAffinity?.final, '/execCPUAffinity/final', builder);
  planConsole(process, POINTER, false, builder);
  builder.add('', { step: 'reopen-null', must: makesNodes(container, facts) && !options.hasUserNamespace ? 1 : 0 });
  planAttributes(context);
  planPersonality(spec, builder);
  planMemoryPolicy(spec, builder);
  const planned = planUser(context);
  builder.add('', { step: 'ready' });
  // The runtime sets the terminal up before the program writes to it or asks for its size.
  if (process.terminal || options.waits) builder.add('', { step: 'wait-start', input: NO_SLOT, output: NO_SLOT });
  const filter = planned.finish();
  builder.finish();

  const { slots, steps, warnings } = builder;
  const seccomp = plannedFilter(spec, filter);
  return seccomp === undefined ? { slots, steps, warnings } : { slots, steps, seccomp, warnings };
}
