import { TsruncError, type Warn } from '../../base/error.js';
import { applyCgroupWithoutDevices, applyDeviceFilter, applyDeviceRules, applyOperations } from '../../cgroup/apply.js';
import type { Claim } from '../../cgroup/ownership/claim.js';
import type { CgroupPlan } from '../../cgroup/plan/cgroup-plan.js';
import type { Plan, PlanPart } from '../../plan/plan.js';
import { type PlanBeginning, planInParts } from '../../plan/plan-container.js';
import { encodeSteps } from '../../plan/steps/encode.js';
import type { SystemdManager } from '../../systemd/manager.js';
import { sendConsole, sendPidfd } from '../console.js';
import { atField } from '../error-location.js';
import { InitProcess } from '../init/init-process.js';
import type { InitSpawn, SpawnOptions } from '../init/init-spawn.js';
import { closeSlots, openSlots } from '../init/open-slots.js';
import { encodeHookStates } from '../init/reply.js';
import { stdioNames } from '../init/stdio-names.js';
import { stepLabel } from '../init/step-error.js';
import type { CreateOptions } from '../options.js';
import { type IntelRdtGroup, joinIntelRdt } from '../resctrl/intel-rdt.js';
import { makeIntelRdtGroup } from '../resctrl/intel-rdt-group.js';
import type { Runtime } from '../runtime.js';
import { CONFIG_FILE, START_FIFO, STATUS_FIFO, stateFolder } from '../state/paths.js';
import { specState } from '../state/spec-state.js';
import type { StateFile } from '../state/state-schema.js';
import { writeState } from '../state/state-store.js';
import { warnIn, warnOfPlan } from '../warnings.js';
import type { Bundle } from './bundle.js';
import { noteClaim } from './claim-cgroups.js';
import { undoContainer } from './destroy.js';
import { runHooks } from './hooks.js';
import { writeIdMaps } from './id-maps.js';
import { moveNetDevices } from './net-devices.js';
import { makeNotifyFolder } from './notify-socket.js';
import { writePidFile } from './pid-file.js';
import { compileFilter } from './seccomp-filter.js';
import { sendListener } from './seccomp-listener.js';
import { startInUnit } from './systemd-unit.js';

/** The steps that only run at `start`, for its errors. */
function laterSteps({ steps }: Plan): StateFile['laterSteps'] {
  const waits = steps.findIndex(({ step }) => step === 'wait-start');
  return steps.flatMap((step, index) => (index > waits ? [{ index, ...stepLabel(step) }] : []));
}

/** True when a cgroup was made for the container. */
function wasMadeFor({ cgroup: { paths, made } }: StateFile): boolean {
  return Object.values(paths).some((path) => made.includes(path));
}

/** The making of one container: what was done so far, to be undone when something fails. */
export class Making {
  private init: InitProcess | undefined;
  private hasCgroup = false;
  private hasDeviceRules = false;
  private readonly warn: Warn;
  /** How much of the plan init has got. */
  private readonly sent = { steps: 0, slots: 0 };
  private intelRdt: IntelRdtGroup | undefined;
  /** createRuntime hooks ran, or were to: the container's end is then a `delete`, with poststop hooks (runtime-spec, "Lifecycle"). */
  private reachedHooks = false;

  constructor(
    private readonly rt: Runtime,
    private readonly options: CreateOptions,
    private readonly bundle: Bundle,
    private readonly beginning: PlanBeginning,
    private readonly cgroup: CgroupPlan,
    private readonly claim: Claim | undefined,
    private readonly state: StateFile,
    private readonly spawning: InitSpawn,
    private readonly systemd: SystemdManager | undefined,
  ) {
    this.warn = warnIn(rt, bundle.config);
  }

  make(mode: { foreground: boolean; detach: boolean }, stdio: number[]): InitProcess {
    const { rt, options, cgroup, state } = this;
    const { native } = rt;
    const folder = stateFolder(rt, options.id);
    writeState(rt, state);
    if (!mode.foreground) {
      native.mkfifo(`${folder}/${START_FIFO}`, 0o600);
      native.mkfifo(`${folder}/${STATUS_FIFO}`, 0o600);
    }
    if (state.notify) makeNotifyFolder(rt, options.id);
    const spawn: SpawnOptions = { cloneFlags: this.beginning.cloneFlags, cloneInto: cgroup.cloneInto, stdio };
    // An init that is not born into its cgroup, but enters it as its first step, needn't wait for it to be made.
    if (spawn.cloneInto === '') this.spawning.begin(spawn);
    if (this.systemd === undefined) {
      applyCgroupWithoutDevices(native, cgroup, this.warn, this.claim);
      this.hasCgroup = true;
      noteClaim(state, this.claim);
    }
    if (spawn.cloneInto !== '') this.spawning.begin(spawn);
    const plan = this.planAndSend(folder);
    warnOfPlan(this.warn, plan);
    state.laterSteps = laterSteps(plan);
    if (!this.bundle.config.spec.process?.terminal) state.stdio = stdioNames(native, 'self');
    compileFilter(rt, plan, this.warn);
    if (plan.intelRdt !== undefined) {
      this.intelRdt = makeIntelRdtGroup(rt, plan.intelRdt, state);
    }
    const init = this.deliver(plan, folder, mode);
    this.init = init;
    init.serveUntil('ready');
    state.phase = mode.foreground ? 'running' : 'created';
    writeState(rt, state);
    writePidFile(rt, options.pidFile, init.pid);
    sendPidfd(rt, options.pidfdSocket, init.pidfd);
    sendConsole(rt, options.consoleSocket, init.console);
    return init;
  }

  /** Ends init and removes all there is of the container. */
  undo(): void {
    const { hasCgroup, reachedHooks } = this;
    undoContainer(this.rt, this.state, { hasCgroup, reachedHooks }, () => {
      this.spawning.abandon();
      this.init?.kill();
    });
  }

  /** Plans the rest, and has init carry out what it may while the rest of that is planned. */
  private planAndSend(folder: string): Plan {
    const parts = planInParts(this.beginning);
    for (;;) {
      const { done, value } = parts.next();
      if (done) return value;
      if (!this.maySendAhead) continue;
      // The first part mounts nothing.
      if (this.sent.steps > 0) this.writeDeviceRules();
      this.sendAhead(value, folder);
    }
  }

  /** Once. */
  private writeDeviceRules(): void {
    if (this.systemd !== undefined || this.hasDeviceRules) return;
    applyDeviceRules(this.rt.native, this.cgroup, this.warn);
    this.hasDeviceRules = true;
  }

  /**
   * A unit has to hold init before it does anything. And as its pid isn't on disk yet, `delete --force` finds an init that
   * hangs in a mount only by a cgroup that is surely its own.
   */
  private get maySendAhead(): boolean {
    return this.systemd === undefined && this.claim !== undefined && (this.claim.works || wasMadeFor(this.state));
  }

  private sendAhead(part: PlanPart, folder: string): void {
    const { rt, sent, spawning } = this;
    const slots = openSlots(rt, part, { folder });
    try {
      spawning.sendAhead(encodeSteps(rt.native, part.steps, true), slots);
    } finally {
      closeSlots(rt, slots, { folder });
    }
    sent.steps += part.steps.length;
    sent.slots += part.slots.length;
  }

  private deliver(
    plan: Plan,
    folder: string,
    { foreground, detach }: { foreground: boolean; detach: boolean },
  ): InitProcess {
    const { rt, sent, state } = this;
    const context = { folder };
    const rest = { steps: plan.steps.slice(sent.steps), slots: plan.slots.slice(sent.slots) };
    const slots = openSlots(rt, rest, context);
    try {
      return InitProcess.deliver(
        rt,
        this.spawning,
        plan,
        {
          process: ({ pid, startTime }) => {
            Object.assign(state, { pid, startTime });
            writeState(rt, state);
          },
          mapIds: (pid) => writeIdMaps(rt, plan, pid),
          delegateCgroup: (pid) => this.delegateCgroup(pid),
          createRuntime: () => this.createRuntime(plan),
          console: ({ master }) => {
            if (!detach) rt.native.prepareTerminal(master);
          },
          listener: (pidfd, fd) => {
            const profile = plan.seccomp?.profile;
            if (profile === undefined) throw new TsruncError('internal', 'a seccomp listener without a profile');
            sendListener(rt, profile, state, { pid: state.pid, pidfd, status: 'creating' }, fd);
          },
        },
        {
          slots,
          steps: rest.steps,
          spawned: (pid) => this.spawned(pid),
          sent: () => {
            if (this.systemd === undefined) applyDeviceFilter(rt.native, this.cgroup, this.warn);
            rt.native.writeNew(`${folder}/${CONFIG_FILE}`, this.bundle.config.text, 0o600);
          },
          startAtOnce: foreground && !state.notify && this.options.pidfdSocket === undefined,
        },
      );
    } finally {
      closeSlots(rt, slots, context);
    }
  }

  /** Init is there, and does nothing before it gets its plan. */
  private spawned(pid: number): void {
    this.writeDeviceRules();
    const unit = this.cgroup.systemd;
    if (this.systemd !== undefined && unit !== undefined) {
      this.hasCgroup = true;
      try {
        startInUnit(this.rt, this.systemd, this.cgroup, unit, pid, this.warn, this.claim);
        noteClaim(this.state, this.claim);
      } catch (error) {
        if (error instanceof TsruncError && error.code === 'exists') this.hasCgroup = false;
        throw error;
      }
    }
    if (this.intelRdt !== undefined) joinIntelRdt(this.rt.native, this.intelRdt, pid);
  }

  private delegateCgroup(pid: number): void {
    const { delegate } = this.cgroup;
    if (delegate === undefined) throw new TsruncError('internal', 'a cgroup is to be delegated that there is none of');
    const { native } = this.rt;
    atField(delegate.from, () => {
      applyOperations(native, delegate.make, [], this.warn);
      native.writeExisting(delegate.enter, String(pid));
      applyOperations(native, delegate.operations, [], this.warn);
    });
  }

  private createRuntime(plan: Plan): Uint8Array {
    const { rt, state } = this;
    this.reachedHooks = true;
    moveNetDevices(rt, plan, state.pid);
    runHooks(
      rt,
      'prestart',
      plan.hooks.prestart.map(({ hook }) => hook),
      state,
      'created',
    );
    runHooks(
      rt,
      'createRuntime',
      plan.hooks.createRuntime.map(({ hook }) => hook),
      state,
      'creating',
    );
    return encodeHookStates(
      JSON.stringify(specState(state, 'creating', state.pid)),
      JSON.stringify(specState(state, 'created', state.pid)),
    );
  }
}
