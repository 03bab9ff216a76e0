import { applyCgroupWithoutDevices, applyDeviceFilter, applyDeviceRules } from '../cgroup/apply.js';
import type { CgroupPlan } from '../cgroup/cgroup-plan.js';
import { TsruncError } from '../error.js';
import type { HostFacts } from '../host-facts.js';
import { encodeSteps } from '../plan/encode.js';
import { namespacesAhead } from '../plan/namespaces.js';
import type { Plan, PlanPart } from '../plan/plan.js';
import { type PlanBeginning, planInParts, wholePlan } from '../plan/plan-container.js';
import type { SystemdManager } from '../systemd/manager.js';
import { withPosition } from './at-field.js';
import { type Bundle, readBundle } from './bundle.js';
import { missingCgroupFolders } from './cgroup-folders.js';
import { checkConsole, sendConsole, sendPidfd, stdioOf } from './console.js';
import { checkContainerId } from './container-id.js';
import { destroyContainer, hasOwnCgroup } from './destroy.js';
import { runHooks } from './hooks.js';
import { hostFacts } from './host-facts.js';
import { writeIdMaps } from './id-maps.js';
import { InitProcess } from './init-process.js';
import { InitSpawn, type SpawnOptions } from './init-spawn.js';
import { type IntelRdtGroup, joinIntelRdt, makeIntelRdt } from './intel-rdt.js';
import { type Lock, lockExclusive } from './lock.js';
import { moveNetDevices } from './net-devices.js';
import { makeNotifyFolder } from './notify-socket.js';
import { closeSlots, openSlots } from './open-slots.js';
import type { CreateOptions } from './options.js';
import { CONFIG_FILE, NOTIFY_FOLDER, START_FIFO, STATUS_FIFO, stateFolder } from './paths.js';
import { writePidFile } from './pid-file.js';
import { beginBundlePlan } from './plan-bundle.js';
import { checkPreservedFds, listenFds } from './preserved-fds.js';
import { encodeHookStates } from './reply.js';
import type { Runtime } from './runtime.js';
import { compileFilter } from './seccomp-filter.js';
import { sendListener } from './seccomp-listener.js';
import { specState } from './spec-state.js';
import type { StateFile } from './state-schema.js';
import { claimFolder, writeState } from './state-store.js';
import { stdioNames } from './stdio-names.js';
import { stepLabel } from './step-error.js';
import { type ConnectedSystemd, connectSystemd, startInUnit, unitState } from './systemd-unit.js';
import { timestamp } from './timestamp.js';

/** A container that is there and waits for start; whoever gets it holds its lock. */
export interface CreatedContainer {
  readonly state: StateFile;
  readonly init: InitProcess;
  readonly lock: Lock;
}

/**
 * `create`: makes a container whose process waits for `start`.
 * @throws TsruncError; then nothing of the container is left.
 */
export function createContainer(rt: Runtime, options: CreateOptions): void {
  const { init, lock } = makeContainer(rt, options, { foreground: false, detach: true });
  init.release();
  lock.release();
}

/**
 * Makes a container up to `ready`, in the order of docs/protocol.md.
 * @param mode foreground: init waits for start on the socket (`run`) and not on the fifos; detach: nobody stays with the
 *   container, so that its terminal must go elsewhere.
 */
export function makeContainer(
  rt: Runtime,
  options: CreateOptions,
  mode: { foreground: boolean; detach: boolean },
): CreatedContainer {
  checkContainerId(options.id);
  const listening = listenFds(rt);
  const preserve = options.preserveFds + listening;
  checkPreservedFds(rt, preserve);
  let spawning: InitSpawn | undefined;
  try {
    const bundle = readBundle(rt, options.bundle, options.configFile, (spec) => {
      spawning = InitSpawn.prepare(rt.native, namespacesAhead(spec), preserve);
    });
    if (spawning === undefined) throw new TsruncError('internal', 'a configuration that passed no schema');
    return makeFrom(rt, options, bundle, mode, listening, spawning);
  } catch (error) {
    spawning?.abandon();
    throw error;
  }
}

function makeFrom(
  rt: Runtime,
  options: CreateOptions,
  bundle: Bundle,
  mode: { foreground: boolean; detach: boolean },
  listening: number,
  spawning: InitSpawn,
): CreatedContainer {
  let systemd: ConnectedSystemd | undefined;
  try {
    checkConsole(bundle.config.spec.process?.terminal ?? false, mode.detach, options.consoleSocket);
    const notify = (rt.env.NOTIFY_SOCKET ?? '') !== '';
    const host = hostFacts(rt);
    if (rt.cgroupManager === 'systemd') systemd = connectSystemd(rt, host);
    const setting = { listening, notify, facts: systemd?.facts ?? host };
    return makePlanned(rt, options, bundle, mode, setting, spawning, systemd?.manager);
  } catch (error) {
    throw withPosition(error, bundle.config);
  } finally {
    systemd?.manager.close();
  }
}

function makePlanned(
  rt: Runtime,
  options: CreateOptions,
  bundle: Bundle,
  mode: { foreground: boolean; detach: boolean },
  { listening, notify, facts }: { listening: number; notify: boolean; facts: HostFacts },
  spawning: InitSpawn,
  systemd: SystemdManager | undefined,
): CreatedContainer {
  const { spec } = bundle.config;
  const terminal = spec.process?.terminal ?? false;
  const notifyDirectory = notify ? { notifyDirectory: `${stateFolder(rt, options.id)}/${NOTIFY_FOLDER}` } : {};
  const setting = { listening, foreground: mode.foreground, ...notifyDirectory };
  const beginning = beginBundlePlan(rt, options, bundle, setting, facts);
  const { cgroup } = beginning;
  if (cgroup === undefined) {
    wholePlan(beginning);
    throw new TsruncError('internal', 'a plan without cgroups, and nothing wrong with it');
  }
  for (const { pointer, text } of bundle.config.warnings) rt.warn(`${pointer}: ${text}`);

  const state = newState(rt, options.id, bundle, cgroup, notify);
  claimFolder(rt, options.id);
  const lock = lockExclusive(rt, options.id);
  const making = new Making(rt, options, bundle, beginning, cgroup, state, spawning, systemd);
  try {
    return { state, init: making.make(mode, stdioOf(terminal)), lock };
  } catch (error) {
    making.undo();
    lock.release();
    throw error;
  }
}

/** The state file of a container that is about to be made. */
export function newState(rt: Runtime, id: string, bundle: Bundle, cgroup: CgroupPlan, notify: boolean): StateFile {
  const { spec } = bundle.config;
  return {
    version: 1,
    id,
    ociVersion: spec.ociVersion,
    pid: 0,
    startTime: 0,
    phase: 'creating',
    bundle: bundle.path,
    rootfs: bundle.rootfs,
    created: timestamp(rt.native),
    annotations: spec.annotations ?? {},
    owner: rt.native.identity()[0] ?? 0,
    sharedPids: !spec.linux?.namespaces?.some(({ type, path }) => type === 'pid' && (path ?? '') === ''),
    cgroup:
      cgroup.systemd === undefined
        ? { paths: cgroup.paths, made: missingCgroupFolders(rt.native, cgroup) }
        : unitState(rt.native, cgroup, cgroup.systemd),
    intelRdt: '',
    notify,
    stdio: ['', '', ''],
    hooks: { poststart: spec.hooks?.poststart ?? [], poststop: spec.hooks?.poststop ?? [] },
    laterSteps: [],
  };
}

/** The steps that only run at `start`, for its errors. */
function laterSteps({ steps }: Plan): StateFile['laterSteps'] {
  const waits = steps.findIndex(({ step }) => step === 'wait-start');
  return steps.flatMap((step, index) => (index > waits ? [{ index, ...stepLabel(step) }] : []));
}

/** The making of one container: what was done so far, to be undone when something fails. */
class Making {
  private init: InitProcess | undefined;
  private hasCgroup = false;
  private hasDeviceRules = false;
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
    private readonly state: StateFile,
    private readonly spawning: InitSpawn,
    private readonly systemd: SystemdManager | undefined,
  ) {}

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
      applyCgroupWithoutDevices(native, cgroup);
      this.hasCgroup = true;
    }
    if (spawn.cloneInto !== '') this.spawning.begin(spawn);
    const plan = this.planAndSend(folder);
    for (const { from, text } of plan.warnings) rt.warn(from === '' ? text : `${from}: ${text}`);
    state.laterSteps = laterSteps(plan);
    if (!this.bundle.config.spec.process?.terminal) state.stdio = stdioNames(native, 'self');
    compileFilter(rt, plan);
    if (plan.intelRdt !== undefined) {
      this.intelRdt = makeIntelRdt(native, plan.intelRdt, options.id);
      state.intelRdt = this.intelRdt.made;
    }
    const init = this.deliver(plan, folder, mode);
    this.init = init;
    native.writeNew(`${folder}/${CONFIG_FILE}`, this.bundle.config.text, 0o600);
    init.serveUntil('ready');
    state.phase = mode.foreground ? 'running' : 'created';
    writeState(rt, state);
    writePidFile(rt, options.pidFile, init.pid);
    sendPidfd(rt, options.pidfdSocket, init.pidfd);
    sendConsole(rt, options.consoleSocket, init.console);
    return init;
  }

  /** Ends init and removes all there is of the container; what can't be removed is a warning: the first error counts. */
  undo(): void {
    const { rt, state } = this;
    try {
      this.spawning.abandon();
      this.init?.kill();
      state.pid = 0;
      // What was made of them before it failed it has removed itself; the rest is another's.
      if (!this.hasCgroup) state.cgroup = { paths: {}, made: [] };
      destroyContainer(rt, state, this.reachedHooks);
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      rt.warn(`cleaning up: ${error.message}`);
    }
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
    applyDeviceRules(this.rt.native, this.cgroup);
    this.hasDeviceRules = true;
  }

  /**
   * A unit has to hold init before it does anything. And as its pid isn't on disk yet, `delete --force` finds an init that
   * hangs in a mount only by a cgroup of its own.
   */
  private get maySendAhead(): boolean {
    return this.systemd === undefined && hasOwnCgroup(this.state);
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
            if (this.systemd === undefined) applyDeviceFilter(rt.native, this.cgroup);
          },
          startAtOnce: foreground && !state.notify,
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
        startInUnit(this.rt, this.systemd, this.cgroup, unit, pid);
      } catch (error) {
        if (error instanceof TsruncError && error.code === 'exists') this.hasCgroup = false;
        throw error;
      }
    }
    if (this.intelRdt !== undefined) joinIntelRdt(this.rt.native, this.intelRdt, pid);
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
