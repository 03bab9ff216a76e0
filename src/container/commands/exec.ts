/** The operation `exec`: runs another process in a container. */
import { EACCES, EBUSY, EOPNOTSUPP, EPERM } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import type { Process, Spec } from '../../config/spec.js';
import { CLONE_NEWUSER } from '../../native/flags.js';
import type { ProcessPlan } from '../../plan/plan.js';
import { cgroupForExec, planExec } from '../../plan/plan-exec.js';
import { checkConsole, sendConsole, sendPidfd, stdioOf } from '../console.js';
import { checkHandover } from '../creation/check-handover.js';
import { hostFacts } from '../creation/host-facts.js';
import { idMapsOfProcess } from '../creation/id-maps.js';
import { writePidFile } from '../creation/pid-file.js';
import { compileFilter } from '../creation/seccomp-filter.js';
import { sendListener } from '../creation/seccomp-listener.js';
import { attachToUnit } from '../creation/systemd-unit.js';
import { cgroupOfInit, type ExecCgroup, execCgroup, isInner } from '../exec/exec-cgroup.js';
import { otherNamespaces } from '../exec/exec-namespaces.js';
import { execProcess } from '../exec/exec-process.js';
import { stayInForeground } from '../exec/foreground.js';
import { type PreservedFds, preservedFds } from '../exec/preserved-fds.js';
import { InitProcess } from '../init/init-process.js';
import { InitSpawn } from '../init/init-spawn.js';
import { closeSlots, openSlots } from '../init/open-slots.js';
import { openProcess } from '../init/process-id.js';
import { stoppedMeanwhile } from '../init/stopped-meanwhile.js';
import type { ExecOptions } from '../options.js';
import type { Runtime } from '../runtime.js';
import { readSpecCopy } from '../state/config-copy.js';
import { lockContainer } from '../state/lock.js';
import { stateDirectory } from '../state/paths.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';
import { warnIn, warnOfPlan } from '../warnings.js';
import { requireOwnCgroups } from './own-processes.js';

/**
 * `exec`: runs another process in a created or running container.
 * @returns its exit status or 128 + signal; if detached 0, once it is executed
 * @throws TsruncError of the state or of a step; with the phrases of executable-error.ts if it can't be executed
 */
export function execContainer(rt: Runtime, id: string, options: ExecOptions): number {
  if (!options.detach) rt.native.catchSignals();
  const lock = lockContainer(rt, id, { shared: true });
  let state: StateFile;
  let init: InitProcess;
  try {
    state = readState(rt, id);
    refuseUnlessRunning(rt, state, options.ignorePaused);
    init = unlessStopped(rt, state, () => spawnIn(rt, state, options));
  } finally {
    lock?.release();
  }
  try {
    rt.trace?.phase('serve init until it is ready');
    unlessStopped(rt, state, () => {
      init.serveUntil('ready');
      sendPidfd(rt, options.pidfdSocket, init.pidfd);
      sendConsole(rt, options.consoleSocket, init.console);
      if (init.console !== undefined || options.pidfdSocket !== undefined) init.start();
      rt.trace?.phase('execute the program');
      init.serveUntil('starting');
      init.awaitExecution();
    });
    rt.trace?.phase('tell of the process');
    writePidFile(rt, options.pidFile, init.pid);
  } catch (error) {
    init.kill();
    throw error;
  }
  if (!options.detach) rt.trace?.phase('wait for the process');
  try {
    return options.detach ? 0 : stayInForeground(rt, init, { reap: false });
  } catch (error) {
    // Otherwise it would run on without anybody knowing.
    init.kill();
    throw error;
  } finally {
    init.release();
  }
}

/** Runs a part of exec, with an error that says so if the container stops meanwhile. */
function unlessStopped<T>(rt: Runtime, state: StateFile, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw stoppedMeanwhile(rt.native, state, 'cannot exec in a stopped container', error);
  }
}

function refuseUnlessRunning(rt: Runtime, state: StateFile, ignorePaused: boolean): void {
  const status = containerStatus(rt, state, true);
  if (status === 'stopped') throw new TsruncError('state', 'cannot exec in a stopped container');
  if (status === 'paused' && !ignorePaused) {
    throw new TsruncError('state', 'cannot exec in a paused container', { hint: 'use --ignore-paused to override' });
  }
}

/** The process to run, and its container. */
interface ExecRequest {
  readonly state: StateFile;
  readonly spec: Spec;
  readonly process: Process;
  readonly options: ExecOptions;
  /** Descriptors from 3 on that it keeps. */
  readonly preserved: PreservedFds;
  /** Of the container's init. */
  readonly pidfd: number;
}

/** The plan of `exec`, for `explain exec`: what is to be executed, and in which cgroup it is born. */
export interface ExecExplanation {
  readonly process: Process;
  readonly plan: ProcessPlan;
  /** Directory of the v2 cgroup, or ''. */
  readonly cloneInto: string;
}

/**
 * Plans what `exec` would do, and does nothing.
 * @throws TsruncError as execContainer, as far as nothing has to be done to find out
 */
export function explainExec(rt: Runtime, id: string, options: ExecOptions): ExecExplanation {
  const lock = lockContainer(rt, id, { shared: true });
  try {
    const state = readState(rt, id);
    refuseUnlessRunning(rt, state, options.ignorePaused);
    const request = requestOf(rt, state, options);
    rt.native.close(request.pidfd);
    requireOwnCgroups(rt.native, state);
    const cgroup = execCgroup(state, options.cgroups);
    const { cloneInto } = cgroupForExec(request.process, cgroup);
    return { process: request.process, plan: planFor(rt, request, cgroup), cloneInto };
  } finally {
    lock?.release();
  }
}

/** Puts the request together. Its pidfd is open. */
function requestOf(rt: Runtime, state: StateFile, options: ExecOptions): ExecRequest {
  rt.trace?.phase('read the configuration');
  const spec = readSpecCopy(rt, state.id);
  const process = execProcess(spec, options, (warning) => rt.warn(warning));
  checkConsole(rt, process.terminal ?? false, '', options);
  checkHandover(rt, options);
  const preserved = preservedFds(rt, options.preserveFds, 0);
  const pidfd = openProcess(rt.native, state);
  if (pidfd === null) throw new TsruncError('state', 'cannot exec in a stopped container');
  return { state, spec, process, options, preserved, pidfd };
}

/** Spawns init and sends it its plan. If that fails, nothing is left of it. */
function spawnIn(rt: Runtime, state: StateFile, options: ExecOptions): InitProcess {
  const request = requestOf(rt, state, options);
  const { process, pidfd } = request;
  try {
    requireOwnCgroups(rt.native, state);
    const cgroup = execCgroup(state, options.cgroups);
    // With execCPUAffinity.initial init enters the cgroup by a step, so this can't be tried by clone3 as below.
    if (process.execCPUAffinity?.initial && options.cgroups.length === 0 && isInner(rt.native, cgroup.cloneInto))
      return spawn(rt, request, { ...cgroup, cloneInto: cgroupOfInit(rt.native, state) ?? cgroup.cloneInto });
    try {
      return spawn(rt, request, cgroup);
    } catch (error) {
      // If we may not move a process to the cgroup, the user's systemd can.
      if (isErrno(error, EACCES, EPERM) && state.cgroup.systemd?.user === true)
        return spawn(rt, request, { ...cgroup, cloneInto: '' }, (pid) =>
          attachToUnit(rt, state.cgroup, cgroup.cloneInto, pid),
        );
      // No process can join the container's cgroup: it has enabled controllers for cgroups below it, or is threaded.
      if (!isErrno(error, EBUSY, EOPNOTSUPP) || options.cgroups.length > 0) throw error;
      const current = cgroupOfInit(rt.native, state);
      if (current === undefined || current === cgroup.cloneInto) throw error;
      return spawn(rt, request, { ...cgroup, cloneInto: current });
    }
  } finally {
    rt.native.close(pidfd);
  }
}

/** Spawns init in a cgroup and sends it its plan. `spawned` is called before it gets the plan. */
function spawn(rt: Runtime, request: ExecRequest, cgroup: ExecCgroup, spawned?: (pid: number) => void): InitProcess {
  const { process } = request;
  rt.trace?.phase('spawn init');
  const { cloneInto } = cgroupForExec(process, cgroup);
  const stdio = stdioOf(process.terminal ?? false);
  const spawning = InitSpawn.start(rt.native, { cloneFlags: 0, cloneInto, stdio }, request.preserved);
  try {
    const plan = planFor(rt, request, cgroup);
    warnOfExecPlan(rt, plan, request.options);
    compileFilter(rt, plan);
    return deliverPlan(rt, spawning, request, plan, spawned);
  } catch (error) {
    spawning.abandon();
    throw error;
  }
}

function planFor(
  rt: Runtime,
  { state, spec, process, options, preserved }: ExecRequest,
  cgroup: ExecCgroup,
): ProcessPlan {
  rt.trace?.phase('plan the process');
  const namespaces = otherNamespaces(rt.native, state.pid);
  const hasUserNamespace = (namespaces & CLONE_NEWUSER) !== 0;
  const idMaps = hasUserNamespace ? idMapsOfProcess(rt.native, state.pid) : undefined;
  return planExec(
    process,
    {
      spec,
      id: state.id,
      preserveFds: preserved.count,
      waits: options.pidfdSocket !== undefined,
      namespaces,
      hasUserNamespace,
      ...(idMaps !== undefined && { idMaps }),
      ...(options.process === undefined && { toldCapabilities: capabilitiesOf(spec, options) }),
      cgroup: { cloneInto: cgroup.cloneInto, join: cgroup.join },
      ...(rt.trace !== undefined && { timesSteps: true }),
    },
    hostFacts(rt),
  );
}

/**
 * The capabilities of the configuration, about which `create` has already warned, without those that --cap asks for.
 */
function capabilitiesOf(spec: Spec, { capabilities }: ExecOptions): Set<string> {
  const sets = Object.values(spec.process?.capabilities ?? {}) as string[][];
  return new Set(sets.flat().filter((name) => !capabilities.includes(name)));
}

/**
 * Reports the plan's warnings. Only a process from a file has fields that they can point to; others are about --cap.
 */
function warnOfExecPlan(rt: Runtime, plan: ProcessPlan, { process, processFile }: ExecOptions): void {
  if (process !== undefined) warnOfPlan(warnIn(rt, processFile), plan);
  else for (const { text } of plan.warnings) rt.warn(new TsruncError('unsupported', `--cap: ${text}`));
}

function deliverPlan(
  rt: Runtime,
  spawning: InitSpawn,
  { state, options, pidfd }: ExecRequest,
  plan: ProcessPlan,
  spawned?: (pid: number) => void,
): InitProcess {
  const context = { directory: stateDirectory(rt, state.id), pidfd, pid: state.pid };
  rt.trace?.phase('send the plan');
  const slots = openSlots(rt, plan, context);
  let pid = 0;
  try {
    const init = InitProcess.deliver(rt.native, spawning, {
      plan,
      slots,
      events: {
        process: (id) => {
          pid = id.pid;
        },
        console: ({ master }) => {
          if (!options.detach) rt.native.prepareTerminal(master);
        },
        listener: (processPidfd, fd) =>
          sendListener(rt, plan.seccomp, state, { pid, pidfd: processPidfd, status: 'running' }, fd),
      },
      ...(spawned && { spawned }),
    });
    rt.trace?.process(plan, init.pid);
    return init;
  } finally {
    closeSlots(rt, slots, context);
  }
}
