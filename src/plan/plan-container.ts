import { TsruncError } from '../base/error.js';
import { cleanPath } from '../base/path.js';
import type { CgroupPlan } from '../cgroup/plan/cgroup-plan.js';
import { planCgroup } from '../cgroup/plan/plan-cgroup.js';
import { planSystemd } from '../cgroup/systemd/plan-systemd.js';
import { crunAnnotations } from '../config/crun-annotations.js';
import type { Process, Spec } from '../config/spec.js';
import {
  CLONE_NEWCGROUP,
  CLONE_NEWNET,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
} from '../native/flags.js';
import type { ContainerContext, PlanOptions } from './container-context.js';
import { type HostFacts, isHostRoot } from './host-facts.js';
import { planIntelRdt } from './intel-rdt.js';
import { planCgroupJoin } from './mounts/cgroup-join.js';
import { makesDevices, makesNodes, planDevices } from './mounts/devices.js';
import { closeMounts, type LateReadonly } from './mounts/late-readonly.js';
import { planPaths } from './mounts/masked-paths.js';
import { withInnerDestinations } from './mounts/mount-destination.js';
import { bindStep } from './mounts/mount-steps.js';
import { planMounts } from './mounts/mounts.js';
import { mapsIds } from './mounts/planned-mount.js';
import { planChangeRoot, planOpenRoot, reachesHost } from './mounts/rootfs.js';
import { SourceClones } from './mounts/sources.js';
import { cloneFlagsAtOnce, planNamespaces, readNamespaces } from './namespaces/namespaces.js';
import { planNetDevices } from './namespaces/net-devices.js';
import { planSysctl } from './namespaces/sysctl.js';
import { checkIdsMapped, idMapsOf, readUserNamespace, setGroupsMode } from './namespaces/user-namespace.js';
import type { Plan, PlanPart } from './plan.js';
import { planConsole } from './process/console.js';
import { environmentList, processEnvironment } from './process/environment.js';
import { needsCreateRuntime, planHooks, runtimeHooks } from './process/hooks.js';
import { planMemoryPolicy } from './process/memory-policy.js';
import { planPersonality } from './process/personality.js';
import { type ProcessContext, planAttributes, planEarly, planOutside, planUser } from './process/process.js';
import { checkMountLabel, planApparmor, planSelinux } from './process/security-labels.js';
import { plannedFilter } from './seccomp/planned-filter.js';
import { PlanBuilder } from './steps/builder.js';
import { planNames } from './steps/names.js';
import { SyncEvent } from './steps/protocol.js';
import { NO_SLOT } from './steps/step-table.js';

export type { PlanOptions } from './container-context.js';

/** What of a plan has to be known before init is spawned; the rest is planned while that goes on. */
export interface PlanBeginning {
  /** As in Plan. */
  readonly cloneFlags: number;
  /** As in Plan; undefined when something is wrong: the rest of the planning throws that. */
  readonly cgroup: CgroupPlan | undefined;
  readonly context: ContainerContext;
  readonly process: Process;
}

/**
 * Plans a container: every step that init and the runtime take to make it, in order. Pure: the machine is known only by `facts`.
 * @throws TsruncError 'config' or 'unsupported' with the pointer of the field; several problems at once come as `fields.problems`.
 */
export function planContainer(spec: Spec, options: PlanOptions, facts: HostFacts): Plan {
  return wholePlan(beginPlan(spec, options, facts));
}

/** How planContainer begins. Throws for a missing process only: problems are kept for the rest. */
export function beginPlan(given: Spec, options: PlanOptions, facts: HostFacts): PlanBeginning {
  const builder = new PlanBuilder();
  const spec = withInnerDestinations(given, options.rootfs);
  const { process } = spec;
  if (process === undefined) {
    throw new TsruncError('config', 'there is no process to run', {
      pointer: '/process',
      hint: 'add process with args and cwd',
    });
  }
  const namespaces = readNamespaces(spec, facts, builder);
  const user = readUserNamespace(spec, facts, options.joinedMaps);
  const { id, cgroupManager: manager, joinedMaps } = options;
  const rights = { rootless: facts.rootless, hostRoot: isHostRoot(facts), ...(joinedMaps && { joinedMaps }) };
  const cgroup = noteProblems(builder, () =>
    manager === 'systemd'
      ? planSystemd(spec, { id, ...rights }, facts.cgroup)
      : planCgroup(spec, { id, manager, ...rights }, facts.cgroup),
  );
  for (const { from, text } of cgroup?.warnings ?? []) builder.warn(from, text);
  const context: ContainerContext = {
    spec,
    options,
    facts,
    builder,
    namespaces,
    user,
    cgroupPaths: cgroup?.paths ?? {},
    cloneSources: facts.uid === 0 && (user.kind !== 'none' || namespaces.joined.some(({ type }) => type === 'mount')),
  };
  const atOnce = cloneFlagsAtOnce(namespaces, spec);
  return { cloneFlags: atOnce ?? 0, cgroup: builder.problems.length > 0 ? undefined : cgroup, context, process };
}

/** The rest of planContainer; throws as that does. */
export function wholePlan(beginning: PlanBeginning): Plan {
  const parts = planInParts(beginning);
  for (;;) {
    const { done, value } = parts.next();
    if (done) return value;
  }
}

/**
 * The rest of planContainer, part by part: what init may carry out before the rest is planned is yielded as soon as it is.
 * That goes up to the mounts and devices, where all namespaces are made by the spawn, nothing has been found wrong so far and
 * no mount outlives init if the rest is refused; no step of these runs a hook or waits for the runtime.
 * @returns the whole plan; throws as planContainer.
 */
export function* planInParts(beginning: PlanBeginning): Generator<PlanPart, Plan, void> {
  const { cloneFlags, cgroup, context, process } = beginning;
  const { spec, options, builder, user } = context;
  // Sources that are cloned first would shift the numbers of all steps behind.
  const ahead = cloneFlags !== 0 && !reachesHost(spec) && !context.cloneSources && !spec.mounts?.some(mapsIds);
  const processContext = containerProcess(context, process);
  planCgroupJoin(cgroup?.join ?? [], builder);
  planEarly(processContext);
  if (user.kind !== 'none') planOutside(processContext, user);
  const cloneAt = builder.steps.length;
  const sources = new SourceClones(context);
  enterNamespaces(context);
  planOpenRoot(context, sources);
  if (ahead) yield* builder.nextPart();
  const late = planMounts(context, sources);
  if (ahead) yield* builder.nextPart();
  planDevices(context, sources);
  planNotifyFolder(context, sources);
  if (ahead) yield* builder.nextPart();
  builder.steps.splice(cloneAt, 0, ...sources.steps);

  if (cgroup?.delegate !== undefined)
    builder.add(cgroup.delegate.from, { step: 'sync', event: SyncEvent.delegateCgroup });
  changeRoot(context, process);
  finishRoot(context, late);
  limitProcess(context, processContext);

  const planned = planUser(processContext);
  builder.add('', { step: 'ready' });
  const input = options.foreground ? NO_SLOT : builder.runtimeSlot({ kind: 'start-fifo', from: '' });
  const output = options.foreground ? NO_SLOT : builder.runtimeSlot({ kind: 'status-fifo', from: '' });
  builder.add('', { step: 'wait-start', input, output });
  const environment = (): string[] => processEnvironment(process.env);
  planHooks(spec, 'startContainer', { environment, home: true, filtered: planned.filterIsLast }, builder);
  const filter = planned.finish();
  checkMountLabel(spec, context.facts, builder);
  const netDevices = planNetDevices(context);
  const intelRdt = planIntelRdt(spec, options.id);
  builder.finish();

  const idMaps = idMapsOf(user);
  return {
    cloneFlags,
    slots: builder.slots,
    steps: builder.steps,
    ...(idMaps === undefined ? {} : { idMaps }),
    cgroup: cgroup!,
    hooks: runtimeHooks(spec),
    ...plannedFilter(spec, filter),
    netDevices,
    ...(intelRdt === undefined ? {} : { intelRdt }),
    warnings: builder.warnings,
  };
}

function containerProcess({ spec, options, facts, builder, user }: ContainerContext, process: Process): ProcessContext {
  checkIdsMapped(user, process, '/process', builder);
  const groups = process.user?.additionalGids ?? [];
  const { keepGroups } = crunAnnotations(spec.annotations);
  if (user.denySetgroups && groups.length > 0 && !keepGroups) {
    const hint = 'map more than one group with newgidmap, or remove additionalGids';
    builder.problem(
      'unsupported',
      '/process/user/additionalGids',
      'additional groups cannot be set in a user namespace that maps one group only',
      hint,
    );
  }
  return {
    process,
    pointer: '/process',
    facts,
    userNamespace: user.kind !== 'none',
    builder,
    seccomp: spec.linux?.seccomp,
    setGroups: setGroupsMode(user.denySetgroups, facts, groups.length, keepGroups),
    listenFds: options.listenFds,
    notifySocket: options.notifyDirectory !== undefined,
    preserveFds: options.preserveFds,
  };
}

/** Steps up to the point where the process is in all its namespaces. */
function enterNamespaces({ spec, options, facts, builder, namespaces, user }: ContainerContext): void {
  // While a namespace of an unprivileged user waits for its maps, the process has to stay dumpable: see mapIds.
  if (user.kind !== 'made' || !user.unprivileged) builder.add('', { step: 'dumpable', value: 0 });
  const atOnce = cloneFlagsAtOnce(namespaces, spec);
  if (atOnce === undefined) planNamespaces(spec, facts, namespaces, user, builder);
  else if (namespaces.made & CLONE_NEWCGROUP)
    builder.add('/linux/namespaces', { step: 'unshare', flags: CLONE_NEWCGROUP });
  builder.add('', { step: 'setsid' });
  if (!options.noNewKeyring) {
    const label = facts.selinux ? (spec.process?.selinuxLabel ?? '') : '';
    builder.add('', { step: 'session-keyring', name: `_ses.${options.id}`, label });
  }
  if (namespaces.made & CLONE_NEWNET) builder.add('/linux/namespaces', { step: 'loopback' });
}

/** The folder of the socket for readiness messages. */
function planNotifyFolder({ builder, options }: ContainerContext, sources: SourceClones): void {
  const source = options.notifyDirectory;
  if (source === undefined) return;
  const setAttributes = BigInt(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  builder.add('', bindStep({ tree: sources.open('', source, false), source, target: '/run/notify', setAttributes }));
}

/** Steps that make the root file system /, once its mounts are there. */
function changeRoot(context: ContainerContext, process: Process): void {
  const { spec, builder, options } = context;
  if (needsCreateRuntime(spec)) builder.add('/hooks', { step: 'sync', event: SyncEvent.createRuntime });
  const environment = (): string[] => environmentList(options.environment ?? {});
  planHooks(spec, 'createContainer', { environment, home: false, filtered: false }, builder);
  planConsole(process, '/process', true, builder);
  planChangeRoot(context);
}

/** Steps once the root is in place: read-only mounts, names, kernel parameters, hidden paths. */
function finishRoot(context: ContainerContext, late: readonly LateReadonly[]): void {
  const { spec, builder, facts } = context;
  if (makesDevices(spec)) builder.add('', { step: 'reopen-null', must: makesNodes(context.user, facts) ? 1 : 0 });
  // Before anything becomes read-only that it may have to be made in.
  const cwd = spec.process?.cwd ?? '/';
  if (cleanPath(cwd) !== '/') builder.add('/process/cwd', { step: 'make-folder', path: cwd });
  closeMounts(late, builder);
  if (spec.root?.readonly) builder.add('/root/readonly', { step: 'root-readonly' });
  planNames(spec, builder);
  planApparmor(spec.process!, '/process', facts, builder);
  planSysctl(spec, builder);
  planPaths(context);
}

function limitProcess({ spec, builder, facts }: ContainerContext, process: ProcessContext): void {
  planAttributes(process);
  planSelinux(process.process, process.pointer, facts, builder);
  planPersonality(spec, builder);
  planMemoryPolicy(spec, builder);
}

/** The cgroup plan; its problems are noted beside the others. */
function noteProblems<T>(builder: PlanBuilder, plan: () => T): T | undefined {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    builder.problems.push(...(error.fields.problems ?? [error]));
    return undefined;
  }
}
