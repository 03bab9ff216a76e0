/**
 * What making a container has in common, whether init makes its process (init-creation.ts) or criu
 * (criu-creation.ts).
 */
import { TsruncError, type Warn } from '../../base/error.js';
import type { applyCgroup } from '../../cgroup/apply.js';
import type { Claim } from '../../cgroup/ownership/claim.js';
import type { CgroupHost } from '../../cgroup/plan/cgroup-host.js';
import type { CgroupPlan } from '../../cgroup/plan/cgroup-plan.js';
import type { ContainerPlan } from '../../plan/plan.js';
import type { SystemdManager } from '../../systemd/manager.js';
import { sendConsole, sendPidfd } from '../console.js';
import type { ChildProcess } from '../init/child-process.js';
import type { ProcessId } from '../init/process-id.js';
import type { CreateOptions } from '../options.js';
import type { Runtime } from '../runtime.js';
import { claimId } from '../state/claim-id.js';
import type { Lock } from '../state/lock.js';
import { newState } from '../state/new-state.js';
import { CONFIG_FILE, stateDirectory } from '../state/paths.js';
import type { StateFile } from '../state/state-schema.js';
import { writeState } from '../state/state-store.js';
import { warnIn } from '../warnings.js';
import type { Bundle } from './bundle.js';
import { claimCgroups, noteClaim } from './claim-cgroups.js';
import { undoContainer } from './destroy.js';
import { runHooks } from './hooks.js';
import { moveNetDevices } from './net-devices.js';
import { writePidFile } from './pid-file.js';
import { startInUnit } from './systemd-unit.js';

/** What a container is made from, and whom it is reported to. */
export interface CreationRequest {
  readonly options: Pick<CreateOptions, 'id' | 'pidFile' | 'consoleSocket' | 'pidfdSocket'>;
  readonly bundle: Bundle;
  /** The plan of its cgroups. */
  readonly cgroup: CgroupPlan;
  /** The hierarchies that the cgroups are in. */
  readonly cgroupHost: CgroupHost;
  /** The manager that makes the cgroups; undefined if the runtime makes them itself. */
  readonly systemd: SystemdManager | undefined;
  /** The runtime won't stay with the container, so it doesn't set up its terminal. */
  readonly detach: boolean;
}

/** A container that was made. Its lock is held, and passes to the receiver. */
export interface CreatedContainer<Process extends ChildProcess = ChildProcess> {
  readonly state: StateFile;
  readonly process: Process;
  readonly lock: Lock;
}

/** The making of one container. It keeps track of what was done so far, and undoes that if something fails. */
export abstract class ContainerCreation<Request extends CreationRequest, Process extends ChildProcess> {
  protected readonly state: StateFile;
  /** The state directory. */
  protected readonly directory: string;
  protected readonly claim: Claim | undefined;
  /** Warnings about the configuration. */
  protected readonly warn: Warn;
  private readonly lock: Lock;
  private hasCgroup = false;
  /**
   * The createRuntime hooks were reached. From then on a failed container is deleted with poststop hooks
   * (runtime.md, "Lifecycle").
   */
  private reachedHooks = false;

  /**
   * Claims the id and the cgroups.
   * @throws TsruncError 'exists' for an id that is taken, and what claimId and claimCgroups throw; then nothing is
   * claimed
   */
  constructor(
    protected readonly rt: Runtime,
    protected readonly request: Request,
  ) {
    const { options, bundle, cgroup, cgroupHost } = request;
    this.warn = warnIn(rt, bundle.config);
    this.directory = stateDirectory(rt, options.id);
    this.state = newState(rt, options.id, bundle);
    this.lock = claimId(rt, options.id);
    this.claim = claimCgroups(rt, this.lock, this.state, cgroup, cgroupHost);
  }

  /**
   * Makes the container; to be called once.
   * @throws TsruncError of whatever failed; then everything is undone, and the lock is released
   */
  create(): CreatedContainer<Process> {
    const { rt, state, lock } = this;
    try {
      return { state, process: this.make(), lock };
    } catch (error) {
      const { hasCgroup, reachedHooks } = this;
      undoContainer(rt, state, { hasCgroup, reachedHooks }, () => this.endProcess());
      lock.release();
      throw error;
    }
  }

  /** Carries out the making, and returns the container's process. */
  protected abstract make(): Process;

  /** Kills and reaps the process, if there is one. */
  protected abstract endProcess(): void;

  /** Makes the cgroups, unless systemd does. */
  protected makeCgroups(apply: typeof applyCgroup): void {
    const { rt, state, request, claim } = this;
    if (request.systemd !== undefined) return;
    apply(rt.native, request.cgroup, this.warn, claim);
    this.hasCgroup = true;
    noteClaim(state, claim);
  }

  /** With systemd: starts the container's unit with this process in it. The process must not have begun its work. */
  protected enterUnit(pid: number): void {
    const { rt, state, claim } = this;
    const { systemd, cgroup } = this.request;
    const unit = cgroup.systemd;
    if (systemd === undefined || unit === undefined) return;
    this.hasCgroup = true;
    try {
      startInUnit(rt, systemd, cgroup, unit, pid, this.warn, claim);
      noteClaim(state, claim);
    } catch (error) {
      // The unit belongs to another container: its cgroups must not be removed.
      if (error instanceof TsruncError && error.code === 'exists') this.hasCgroup = false;
      throw error;
    }
  }

  /** Writes the text of the configuration, as it was read, to the state directory. */
  protected copyConfig(): void {
    this.rt.native.writeNew(`${this.directory}/${CONFIG_FILE}`, this.request.bundle.config.text, 0o600);
  }

  /** Notes in the state which process is the container's. */
  protected noteProcess({ pid, startTime }: ProcessId): void {
    const { rt, state } = this;
    state.pid = pid;
    state.startTime = startTime;
    writeState(rt, state);
  }

  /** Moves network interfaces and runs prestart and createRuntime hooks, once the process is in its namespaces. */
  protected runRuntimeHooks({ netDevices, hooks }: ContainerPlan): void {
    const { rt, state } = this;
    this.reachedHooks = true;
    moveNetDevices(rt, netDevices, state.pid);
    const prestart = hooks.prestart.map(({ hook }) => hook);
    runHooks(rt, 'prestart', prestart, state, 'created');
    const createRuntime = hooks.createRuntime.map(({ hook }) => hook);
    runHooks(rt, 'createRuntime', createRuntime, state, 'creating');
  }

  /** Reports the container: to other commands by its state, to the caller by the pid file and the sockets. */
  protected publish(phase: StateFile['phase'], process: ChildProcess): void {
    const { rt, state } = this;
    const { pidFile, pidfdSocket, consoleSocket } = this.request.options;
    state.phase = phase;
    writeState(rt, state);
    writePidFile(rt, pidFile, process.pid);
    sendPidfd(rt, pidfdSocket, process.pidfd);
    sendConsole(rt, consoleSocket, process.console);
  }
}
