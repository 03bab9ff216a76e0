import { EACCES, EBUSY, ENOENT, EOPNOTSUPP, EPERM, ESRCH } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import type { Process, Spec } from '../../config/spec.js';
import { CLONE_NEWUSER } from '../../native/flags.js';
import type { Plan } from '../../plan/plan.js';
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
import { preservedFds } from '../exec/preserved-fds.js';
import { isAlive, openProcess } from '../init/alive.js';
import { InitProcess } from '../init/init-process.js';
import { InitSpawn } from '../init/init-spawn.js';
import { closeSlots, openSlots } from '../init/open-slots.js';
import type { ExecOptions } from '../options.js';
import type { Runtime } from '../runtime.js';
import { readSpecCopy } from '../state/config-copy.js';
import { lockContainer } from '../state/lock.js';
import { stateFolder } from '../state/paths.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';
import { warnIn, warnOfPlan } from '../warnings.js';
import { requireOwnCgroups } from './own-processes.js';

/**
 * `exec`: runs another process in a created or running container.
 * @returns its exit status or 128 + signal; 0 when detached, once it was executed.
 * @throws TsruncError of the state, of a step, or with the phrases of executable-error.ts when it can't be executed.
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
    unlessStopped(rt, state, () => {
      init.serveUntil('ready');
      sendPidfd(rt, options.pidfdSocket, init.pidfd);
      sendConsole(rt, options.consoleSocket, init.console);
      if (init.console !== undefined || options.pidfdSocket !== undefined) init.start();
      init.serveUntil('starting');
      init.awaitExecution();
    });
    writePidFile(rt, options.pidFile, init.pid);
  } catch (error) {
    init.kill();
    throw error;
  }
  try {
    return options.detach ? 0 : stayInForeground(rt, init, { reap: false });
  } catch (error) {
    // Nobody would know any more that it runs.
    init.kill();
    throw error;
  } finally {
    init.release();
  }
}

/** The container may end at any moment, and then all kinds of things fail: that it has is what there is to say. */
function unlessStopped<T>(rt: Runtime, state: StateFile, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof TsruncError) || error.code === 'state') throw error;
    if (!isEnding(error, state) && isAlive(rt.native, state)) throw error;
    throw new TsruncError('state', 'cannot exec in a stopped container', {
      hint: `it stopped meanwhile: ${error.message}`,
    });
  }
}

/** A process on its way out is no zombie yet, but has no namespaces (ESRCH) and no root (ENOENT) any more. */
function isEnding(error: TsruncError, { pid }: StateFile): boolean {
  const { errno, path = '' } = error.fields;
  return errno === ESRCH || (errno === ENOENT && path.startsWith(`/proc/${pid}/`));
}

function refuseUnlessRunning(rt: Runtime, state: StateFile, ignorePaused: boolean): void {
  const status = containerStatus(rt, state, true);
  if (status === 'stopped') throw new TsruncError('state', 'cannot exec in a stopped container');
  if (status === 'paused' && !ignorePaused) {
    throw new TsruncError('state', 'cannot exec in a paused container', { hint: 'use --ignore-paused to override' });
  }
}

/** Everything up to the plan that init has got; nothing is left of it when that fails. */
function spawnIn(rt: Runtime, state: StateFile, options: ExecOptions): InitProcess {
  const spec = readSpecCopy(rt, state.id);
  const process = execProcess(spec, options, (warning) => rt.warn(warning));
  checkConsole(rt, process.terminal ?? false, '', options);
  checkHandover(rt, options);
  const preserved = preservedFds(rt, options.preserveFds, 0);
  const pidfd = openProcess(rt.native, state);
  if (pidfd === null) throw new TsruncError('state', 'cannot exec in a stopped container');
  const spawn = (cgroup: ExecCgroup, spawned?: (pid: number) => void) => {
    const { cloneInto } = cgroupForExec(process, cgroup);
    const stdio = stdioOf(process.terminal ?? false);
    const spawning = InitSpawn.start(rt.native, { cloneFlags: 0, cloneInto, stdio }, preserved);
    try {
      const plan = planFor(rt, state, spec, process, { ...options, preserveFds: preserved.count }, cgroup);
      return deliverPlan(rt, spawning, state, plan, options, pidfd, spawned);
    } catch (error) {
      spawning.abandon();
      throw error;
    }
  };
  try {
    requireOwnCgroups(rt.native, state);
    const cgroup = execCgroup(state, options.cgroups);
    // Then init enters the cgroup by itself, and what makes clone3 fail below would be a step's failure.
    if (process.execCPUAffinity?.initial && options.cgroups.length === 0 && isInner(rt.native, cgroup.cloneInto))
      return spawn({ ...cgroup, cloneInto: cgroupOfInit(rt.native, state) ?? cgroup.cloneInto });
    try {
      return spawn(cgroup);
    } catch (error) {
      // Where we may not put a process ourselves, the user's systemd has it done.
      if (isErrno(error, EACCES, EPERM) && state.cgroup.systemd?.user === true)
        return spawn({ ...cgroup, cloneInto: '' }, (pid) => attachToUnit(rt, state.cgroup, cgroup.cloneInto, pid));
      // The container's cgroup takes no process any more: there are cgroups with controllers below it, or it is threaded.
      if (!isErrno(error, EBUSY, EOPNOTSUPP) || options.cgroups.length > 0) throw error;
      const current = cgroupOfInit(rt.native, state);
      if (current === undefined || current === cgroup.cloneInto) throw error;
      return spawn({ ...cgroup, cloneInto: current });
    }
  } finally {
    rt.native.close(pidfd);
  }
}

function planFor(
  rt: Runtime,
  state: StateFile,
  spec: Spec,
  process: Process,
  options: ExecOptions,
  cgroup: ExecCgroup,
): Plan {
  const namespaces = otherNamespaces(rt.native, state.pid);
  const hasUserNamespace = (namespaces & CLONE_NEWUSER) !== 0;
  const idMaps = hasUserNamespace ? idMapsOfProcess(rt.native, state.pid) : undefined;
  const plan = planExec(
    process,
    {
      spec,
      id: state.id,
      preserveFds: options.preserveFds,
      waits: options.pidfdSocket !== undefined,
      namespaces,
      hasUserNamespace,
      ...(idMaps !== undefined && { idMaps }),
      ...(options.process === undefined && { toldCapabilities: capabilitiesOf(spec, options) }),
      cgroup: { cloneInto: cgroup.cloneInto, join: cgroup.join },
    },
    hostFacts(rt),
  );
  warnOfExecPlan(rt, plan, options);
  compileFilter(rt, plan);
  return plan;
}

/** Those of the configuration, which `create` has warned of; but what --cap asks for is told again. */
function capabilitiesOf(spec: Spec, { capabilities }: ExecOptions): Set<string> {
  const sets = Object.values(spec.process?.capabilities ?? {}) as string[][];
  return new Set(sets.flat().filter((name) => !capabilities.includes(name)));
}

/** The fields of a process that is put together from the command line stand in no file. */
function warnOfExecPlan(rt: Runtime, plan: Plan, { process, processFile }: ExecOptions): void {
  if (process !== undefined) warnOfPlan(warnIn(rt, processFile), plan);
  else for (const { text } of plan.warnings) rt.warn(new TsruncError('unsupported', `--cap: ${text}`));
}

function deliverPlan(
  rt: Runtime,
  spawning: InitSpawn,
  state: StateFile,
  plan: Plan,
  options: ExecOptions,
  pidfd: number,
  spawned?: (pid: number) => void,
): InitProcess {
  const context = { folder: stateFolder(rt, state.id), pidfd, pid: state.pid };
  const slots = openSlots(rt, plan, context);
  let pid = 0;
  try {
    return InitProcess.deliver(
      rt,
      spawning,
      plan,
      {
        process: (id) => {
          pid = id.pid;
        },
        console: ({ master }) => {
          if (!options.detach) rt.native.prepareTerminal(master);
        },
        listener: (processPidfd, fd) => {
          const profile = plan.seccomp?.profile;
          if (profile === undefined) throw new TsruncError('internal', 'a seccomp listener without a profile');
          sendListener(rt, profile, state, { pid, pidfd: processPidfd, status: 'running' }, fd);
        },
      },
      { slots, ...(spawned && { spawned }) },
    );
  } finally {
    closeSlots(rt, slots, context);
  }
}
