/** Makes a container by init, for `create` and `run`: the runtime's side of docs/protocol.md. */
import { TsruncError } from '../../base/error.js';
import { applyCgroupWithoutDevices, applyDeviceFilter, applyDeviceRules, applyOperations } from '../../cgroup/apply.js';
import { madeFor } from '../../cgroup/ownership/made-for.js';
import type { ContainerPlan, PlanPart } from '../../plan/plan.js';
import { type PlanBeginning, planInParts } from '../../plan/plan-container.js';
import { hookStates } from '../../plan/process/hooks.js';
import { encodeSteps } from '../../plan/steps/encode.js';
import { stdioOf } from '../console.js';
import { atField } from '../error-location.js';
import { InitProcess } from '../init/init-process.js';
import type { InitSpawn, SpawnOptions } from '../init/init-spawn.js';
import { withNamespaceRemedy } from '../init/namespace-refusal.js';
import { closeSlots, openSlots } from '../init/open-slots.js';
import { stdioNames } from '../init/stdio-names.js';
import { stepLabel } from '../init/step-label.js';
import { type IntelRdtGroup, joinIntelRdt } from '../resctrl/intel-rdt.js';
import { makeIntelRdtGroup } from '../resctrl/intel-rdt-group.js';
import { START_FIFO, STATUS_FIFO } from '../state/paths.js';
import { specState } from '../state/spec-state.js';
import type { StateFile } from '../state/state-schema.js';
import { writeState } from '../state/state-store.js';
import { warnOfPlan } from '../warnings.js';
import { ContainerCreation, type CreationRequest } from './container-creation.js';
import { writeIdMaps } from './id-maps.js';
import { makeNotifyDirectory } from './notify-socket.js';
import { compileFilter } from './seccomp-filter.js';
import { sendListener } from './seccomp-listener.js';

/** The request for a container that init makes. */
export interface InitCreationRequest extends CreationRequest {
  /** The part of its plan that is needed to spawn init. */
  readonly beginning: PlanBeginning;
  /** Init, prepared but not begun. Whatever fails after the claim, it is ended here. */
  readonly spawning: InitSpawn;
  /** Init waits for start on its socket (`run`), not on the fifos. */
  readonly foreground: boolean;
}

/** The labels of the steps that run at `start`, which needs them for error messages. */
function laterSteps({ steps }: ContainerPlan): StateFile['laterSteps'] {
  const waits = steps.findIndex(({ step }) => step === 'wait-start');
  return steps.flatMap((planned, index) => {
    if (index <= waits) return [];
    const { step, pointer, about } = stepLabel(planned);
    return [{ index, step, from: pointer, about }];
  });
}

/** True when a cgroup was made for the container. */
function wasMadeFor({ cgroup }: StateFile): boolean {
  const made = madeFor(cgroup);
  return Object.values(cgroup.paths).some((path) => made.includes(path));
}

/** The making of one container by init, up to the point where it waits for start. */
export class InitCreation extends ContainerCreation<InitCreationRequest, InitProcess> {
  private init: InitProcess | undefined;
  private hasDeviceRules = false;
  /** How much of the plan was sent to init. */
  private readonly sent = { steps: 0, slots: 0 };
  private intelRdt: IntelRdtGroup | undefined;

  protected override make(): InitProcess {
    const { rt, request, state, directory } = this;
    const { native } = rt;
    const { bundle, cgroup, spawning, foreground } = request;
    writeState(rt, state);
    if (!foreground) {
      native.mkfifo(`${directory}/${START_FIFO}`, 0o600);
      native.mkfifo(`${directory}/${STATUS_FIFO}`, 0o600);
    }
    if (state.notify) makeNotifyDirectory(rt, state.id);
    const terminal = bundle.config.spec.process?.terminal ?? false;
    const { cloneFlags } = request.beginning;
    const spawn: SpawnOptions = { cloneFlags, cloneInto: cgroup.cloneInto, stdio: stdioOf(terminal) };
    rt.trace?.phase('spawn init, make the cgroups');
    // If init enters its cgroup as its first step, it can be spawned before the cgroup is made; not if it is born in
    // it.
    if (spawn.cloneInto === '') spawning.begin(spawn);
    this.makeCgroups(applyCgroupWithoutDevices);
    if (spawn.cloneInto !== '') spawning.begin(spawn);
    rt.trace?.phase('plan the steps');
    const plan = this.planAndSend();
    rt.trace?.container(plan);
    warnOfPlan(this.warn, plan);
    state.laterSteps = laterSteps(plan);
    if (!terminal) state.stdio = stdioNames(native, 'self');
    rt.trace?.phase('compile the seccomp filter');
    compileFilter(rt, plan, this.warn);
    rt.trace?.phase('send the plan');
    if (plan.intelRdt !== undefined) this.intelRdt = makeIntelRdtGroup(rt, plan.intelRdt, state);
    const init = this.deliver(plan);
    this.init = init;
    rt.trace?.process(plan, init.pid);
    rt.trace?.phase('serve init until it is ready');
    init.serveUntil('ready');
    rt.trace?.phase('tell of the container');
    this.publish(foreground ? 'running' : 'created', init);
    return init;
  }

  protected override endProcess(): void {
    this.request.spawning.abandon();
    this.init?.kill();
  }

  /** Plans the rest. Parts that init may carry out early are sent while the planning goes on. */
  private planAndSend(): ContainerPlan {
    const parts = planInParts(this.request.beginning);
    for (;;) {
      const { done, value } = parts.next();
      if (done) return value;
      if (!this.maySendAhead) continue;
      // The first part mounts nothing, so it needn't wait for the device rules.
      if (this.sent.steps > 0) this.writeDeviceRules();
      this.sendAhead(value);
    }
  }

  /** Writes the rules of cgroup v1 for devices; only the first call does anything. */
  private writeDeviceRules(): void {
    const { systemd, cgroup } = this.request;
    if (systemd !== undefined || this.hasDeviceRules) return;
    applyDeviceRules(this.rt.native, cgroup, this.warn);
    this.hasDeviceRules = true;
  }

  /**
   * Whether init may get parts of its plan early. Not with systemd: init has to be in its unit before it does
   * anything. And its pid isn't in the state yet, so if it hung in a mount, `delete --force` could find it only by a
   * cgroup known to be the container's.
   */
  private get maySendAhead(): boolean {
    const { request, claim } = this;
    return request.systemd === undefined && claim !== undefined && (claim.works || wasMadeFor(this.state));
  }

  private sendAhead(part: PlanPart): void {
    const { rt, sent } = this;
    const context = { directory: this.directory };
    const slots = openSlots(rt, part, context);
    try {
      this.request.spawning.sendAhead(encodeSteps(rt.native, part.steps, true), slots);
    } finally {
      closeSlots(rt, slots, context);
    }
    sent.steps += part.steps.length;
    sent.slots += part.slots.length;
  }

  /** Sends the rest of the plan. */
  private deliver(plan: ContainerPlan): InitProcess {
    const { rt, sent, state, request } = this;
    const context = { directory: this.directory };
    const steps = plan.steps.slice(sent.steps);
    const slots = openSlots(rt, { steps, slots: plan.slots.slice(sent.slots) }, context);
    try {
      return InitProcess.deliver(rt.native, request.spawning, {
        plan,
        slots,
        steps,
        events: {
          process: (process) => this.noteProcess(process),
          mapIds: (pid) => writeIdMaps(rt, plan.idMaps, pid),
          delegateCgroup: (pid) => this.delegateCgroup(pid),
          createRuntime: () => this.createRuntime(plan),
          console: ({ master }) => {
            if (!request.detach) rt.native.prepareTerminal(master);
          },
          listener: (pidfd, fd) =>
            sendListener(rt, plan.seccomp, state, { pid: state.pid, pidfd, status: 'creating' }, fd),
        },
        spawned: (pid) => this.spawned(pid),
        sent: () => {
          if (request.systemd === undefined) applyDeviceFilter(rt.native, request.cgroup, this.warn);
          this.copyConfig();
        },
        startAtOnce: request.foreground && !state.notify && request.options.pidfdSocket === undefined,
        cgroupPaths: request.cgroup.paths,
      });
    } catch (error) {
      throw withNamespaceRemedy(error, rt.native, request.bundle.config.spec);
    } finally {
      closeSlots(rt, slots, context);
    }
  }

  /** Called when init exists and still waits for its plan. */
  private spawned(pid: number): void {
    this.writeDeviceRules();
    this.enterUnit(pid);
    if (this.intelRdt !== undefined) joinIntelRdt(this.rt.native, this.intelRdt, pid);
  }

  private delegateCgroup(pid: number): void {
    const { delegate } = this.request.cgroup;
    if (delegate === undefined) throw new TsruncError('internal', 'a cgroup is to be delegated that there is none of');
    const { native } = this.rt;
    atField(delegate.pointer, () => {
      applyOperations(native, delegate.make, [], this.warn);
      native.writeExisting(delegate.enter, String(pid));
      applyOperations(native, delegate.operations, [], this.warn);
    });
  }

  private createRuntime(plan: ContainerPlan): readonly string[] {
    this.runRuntimeHooks(plan);
    return this.statesForHooks(plan);
  }

  /** The states for the hooks that init runs, by the number that their steps name. With annotations one may be of megabytes. */
  private statesForHooks({ steps }: ContainerPlan): readonly string[] {
    const { state } = this;
    const wanted = new Set(steps.flatMap((step) => (step.step === 'hook' ? [step.state] : [])));
    if (wanted.size === 0) return [];
    return hookStates.map((status, number) =>
      wanted.has(number) ? JSON.stringify(specState(state, status, state.pid)) : '',
    );
  }
}
