import { crunAnnotations } from '../config/crun-annotations.js';
import type { IdMaps } from '../config/id-mappings.js';
import type { Process, Spec } from '../config/spec.js';
import { CLONE_NEWNS, CLONE_NEWPID } from '../native/flags.js';
import type { HostFacts } from './host-facts.js';
import { planCgroupJoin } from './mounts/cgroup-join.js';
import { makesNodes } from './mounts/devices.js';
import { becomeRoot, checkIdsMapped, readUserNamespace, setGroupsMode } from './namespaces/user-namespace.js';
import type { Plan } from './plan.js';
import { planConsole } from './process/console.js';
import { planAffinity } from './process/cpu-affinity.js';
import { planMemoryPolicy } from './process/memory-policy.js';
import { planPersonality } from './process/personality.js';
import { type ProcessContext, planAttributes, planEarly, planOutside, planUser } from './process/process.js';
import { planApparmor, planSelinux } from './process/security-labels.js';
import { plannedFilter } from './seccomp/planned-filter.js';
import { PlanBuilder } from './steps/builder.js';
import { NO_SLOT } from './steps/step-table.js';

export interface ExecPlanOptions {
  /** The container's config: its filter, user namespace, personality. */
  spec: Spec;
  /** Names the session keyring, which the processes of a container share. */
  id?: string;
  preserveFds: number;
  /** The process isn't executed before the runtime says so; one with a terminal never is. */
  waits?: boolean;
  /** CLONE_NEW* of the container's namespaces that aren't ours too. */
  namespaces: number;
  hasUserNamespace: boolean;
  /** What that user namespace maps, where it is known. */
  idMaps?: IdMaps;
  /** Capabilities that `create` has warned of, if they can't be granted. */
  toldCapabilities?: ReadonlySet<string>;
  cgroup: { cloneInto: string; join: string[] };
}

/** Where the fields of the process stand: a file of its own, whose pointers start at the top. */
const POINTER = '';

/**
 * Where execCPUAffinity.initial is given it is set before the process gets into the container's cgroup (runtime-spec
 * config.md): the process can't be born in there then.
 */
export function cgroupForExec(
  process: Process,
  { cloneInto, join }: ExecPlanOptions['cgroup'],
): ExecPlanOptions['cgroup'] {
  if (!process.execCPUAffinity?.initial || cloneInto === '') return { cloneInto, join };
  return { cloneInto: '', join: [...join, `${cloneInto}/cgroup.procs`] };
}

/**
 * Plans a process in a running container (`exec`). Slot 0 is the pidfd of the container's process.
 * @throws TsruncError 'config' or 'unsupported' with the pointer of the field.
 */
export function planExec(process: Process, options: ExecPlanOptions, facts: HostFacts): Plan {
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
  const pidfd = builder.runtimeSlot({ kind: 'container-pidfd', from: '' });
  // setns(2) into a mount namespace changes the root too; there is none to enter where the container has only a root of its own.
  const ownMounts = (options.namespaces & CLONE_NEWNS) !== 0;
  const root = ownMounts ? undefined : builder.runtimeSlot({ kind: 'container-root', from: '' });
  planAffinity(process.execCPUAffinity?.initial, '/execCPUAffinity/initial', builder);
  const cgroup = cgroupForExec(process, options.cgroup);
  planCgroupJoin(cgroup.join, builder);
  planEarly(context);
  if (options.hasUserNamespace) planOutside(context, container);
  // Not to be traced, nor its descriptors taken, by processes of the container: CVE-2016-9962.
  builder.add('', { step: 'dumpable', value: 0 });
  if (options.namespaces !== 0) builder.add('', { step: 'join-process', pidfd, flags: options.namespaces });
  if (options.hasUserNamespace) becomeRoot(container, builder);
  // All that takes procfs comes before init is among the processes of the container; a child inherits it.
  const keyringLabel = facts.selinux ? (process.selinuxLabel ?? '') : '';
  builder.add('', { step: 'session-keyring', name: `_ses.${options.id ?? ''}`, label: keyringLabel });
  planApparmor(process, POINTER, facts, builder);
  planSelinux(process, POINTER, facts, builder);
  builder.add('', { step: 'close-proc' });
  // Before the fork: a process of the container that may trace (CAP_SYS_PTRACE) sees the child's root by /proc/PID/root.
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
  // The runtime makes the terminal ready before anything is written to it, or asks for its size.
  if (process.terminal || options.waits) builder.add('', { step: 'wait-start', input: NO_SLOT, output: NO_SLOT });
  const filter = planned.finish();
  builder.finish();

  return {
    cloneFlags: 0,
    slots: builder.slots,
    steps: builder.steps,
    cgroup: { manager: 'cgroupfs', paths: {}, operations: [], warnings: [], ...cgroup },
    hooks: { prestart: [], createRuntime: [], poststart: [], poststop: [] },
    ...plannedFilter(spec, filter),
    netDevices: [],
    warnings: builder.warnings,
  };
}
