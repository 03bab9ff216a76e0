/** Plans a container: this file decides the order of all steps. docs/plan.md explains the reasons for that order. */
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
import type { ContainerPlan, PlanPart } from './plan.js';
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
import { planStepTimes } from './steps/step-times.js';

export type { PlanOptions } from './container-context.js';

/** The part of a plan that is needed to spawn init. The rest is planned while the kernel makes the process. */
export interface PlanBeginning {
  /** As in ContainerPlan. */
  readonly cloneFlags: number;
  /** As in ContainerPlan; undefined if a problem was found, which wholePlan and planInParts throw. */
  readonly cgroup: CgroupPlan | undefined;
  readonly context: ContainerContext;
  readonly process: Process;
}

/**
 * Plans a container: every step that init and the runtime take to make it, in order. A pure function: it learns about
 * the machine only from `facts`.
 * @throws TsruncError 'config' or 'unsupported' with the pointer of the field; if there are several problems, they
 * are all in `fields.problems`.
 */
export function planContainer(spec: Spec, options: PlanOptions, facts: HostFacts): ContainerPlan {
  return wholePlan(beginPlan(spec, options, facts));
}

/**
 * The first half of planContainer. It throws only if there is no process; other problems are kept in the builder for
 * the second half to throw.
 */
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
  for (const { pointer, text } of cgroup?.warnings ?? []) builder.warn(pointer, text);
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

/** The second half of planContainer, all at once; throws what planContainer throws. */
export function wholePlan(beginning: PlanBeginning): ContainerPlan {
  const parts = planInParts(beginning);
  for (;;) {
    const { done, value } = parts.next();
    if (done) return value;
  }
}

/**
 * The second half of planContainer in parts: steps that init may carry out before the rest is planned are yielded
 * early, so that both go on at the same time. These are the steps up to the mounts and devices, and only if the spawn
 * makes all namespaces, no problem was found so far, and no mount would outlive init if the rest were refused. None
 * of them runs a hook or waits for the runtime.
 * @returns the whole plan, the parts yielded before included; throws what planContainer throws
 */
export function* planInParts(beginning: PlanBeginning): Generator<PlanPart, ContainerPlan, void> {
  const { cloneFlags, cgroup, context, process } = beginning;
  const { spec, options, builder, user } = context;
  // The clone steps are inserted before these, which would shift the numbers of steps that were already yielded.
  const ahead = cloneFlags !== 0 && !reachesHost(spec) && !context.cloneSources && !spec.mounts?.some(mapsIds);
  const processContext = containerProcess(context, process);
  planStepTimes(options.timesSteps, builder);
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
  planNotifyDirectory(context, sources);
  if (ahead) yield* builder.nextPart();
  builder.steps.splice(cloneAt, 0, ...sources.steps);

  if (cgroup?.delegate !== undefined)
    builder.add(cgroup.delegate.pointer, { step: 'sync', event: SyncEvent.delegateCgroup });
  changeRoot(context, process);
  finishRoot(context, late);
  limitProcess(context, processContext);

  const planned = planUser(processContext);
  builder.add('', { step: 'ready' });
  const input = options.foreground ? NO_SLOT : builder.runtimeSlot({ kind: 'start-fifo', pointer: '' });
  const output = options.foreground ? NO_SLOT : builder.runtimeSlot({ kind: 'status-fifo', pointer: '' });
  builder.add('', { step: 'wait-start', input, output });
  const environment = (): string[] => processEnvironment(process.env);
  planHooks(spec, 'startContainer', { environment, home: true, filtered: planned.filterIsLast }, builder);
  const filter = planned.finish();
  checkMountLabel(spec, context.facts, builder);
  const netDevices = planNetDevices(context);
  const intelRdt = planIntelRdt(spec, options.id);
  builder.finish();

  const plan: ContainerPlan = {
    cloneFlags,
    slots: builder.slots,
    steps: builder.steps,
    cgroup: cgroup!,
    hooks: runtimeHooks(spec),
    netDevices,
    warnings: builder.warnings,
  };
  const idMaps = idMapsOf(user);
  if (idMaps !== undefined) plan.idMaps = idMaps;
  const seccomp = plannedFilter(spec, filter);
  if (seccomp !== undefined) plan.seccomp = seccomp;
  if (intelRdt !== undefined) plan.intelRdt = intelRdt;
  return plan;
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

/** Adds the steps up to the point where the process is in all its namespaces. */
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

/** Binds the directory that has the socket for readiness messages (sd_notify(3)) in it. */
function planNotifyDirectory({ builder, options }: ContainerContext, sources: SourceClones): void {
  const source = options.notifyDirectory;
  if (source === undefined) return;
  const setAttributes = BigInt(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  builder.add('', bindStep({ tree: sources.open('', source, false), source, target: '/run/notify', setAttributes }));
}

/** Adds the steps that turn the root file system into /, once everything is mounted in it. */
function changeRoot(context: ContainerContext, process: Process): void {
  const { spec, builder, options } = context;
  if (needsCreateRuntime(spec)) builder.add('/hooks', { step: 'sync', event: SyncEvent.createRuntime });
  const environment = (): string[] => environmentList(options.environment ?? {});
  planHooks(spec, 'createContainer', { environment, home: false, filtered: false }, builder);
  planConsole(process, '/process', true, builder);
  planChangeRoot(context);
}

/** Adds the steps that follow the change of root: read-only mounts, host names, kernel parameters, masked paths. */
function finishRoot(context: ContainerContext, late: readonly LateReadonly[]): void {
  const { spec, builder, facts } = context;
  if (makesDevices(spec)) builder.add('', { step: 'reopen-null', must: makesNodes(context.user, facts) ? 1 : 0 });
  // The working directory may have to be made in a mount that becomes read-only next.
  const cwd = spec.process?.cwd ?? '/';
  if (cleanPath(cwd) !== '/') builder.add('/process/cwd', { step: 'make-directory', path: cwd });
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

/**
 * Runs `plan` and moves the problems it throws into the builder, so that they are reported together with all others.
 */
function noteProblems<T>(builder: PlanBuilder, plan: () => T): T | undefined {
  try {
    return plan();
  } catch (error) {
    // That the host can't be read is no problem of the configuration.
    if (!(error instanceof TsruncError) || error.code === 'system') throw error;
    builder.problems.push(...(error.fields.problems ?? [error]));
    return undefined;
  }
}
