import { ESRCH } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import type { InitMessage, Native } from '../../native/native.js';
import { SIGKILL, signalName } from '../../native/signals.js';
import type { Plan, PlannedStep } from '../../plan/plan.js';
import { allSeccompFlags } from '../../plan/seccomp/seccomp-flags.js';
import { encodeSteps } from '../../plan/steps/encode.js';
import { MessageKind, SyncEvent } from '../../plan/steps/protocol.js';
import { memoryHint } from '../creation/memory-hint.js';
import type { Runtime } from '../runtime.js';
import type { ProcessId } from './alive.js';
import type { InitSpawn } from './init-spawn.js';
import { encodeReply } from './reply.js';
import { messageError, stepLabel } from './step-error.js';
import { unlessGone } from './unless-gone.js';

/** What the runtime does at the points where init waits for it. */
export interface InitEvents {
  /** Init is now this process: after the spawn, and after a fork. */
  process?(process: ProcessId): void;
  /** The user namespace is made: uid_map and gid_map of the process are to be written. */
  mapIds?(pid: number): void;
  /** The namespaces and mounts are done: the process goes to its cgroup below the container's. */
  delegateCgroup?(pid: number): void;
  /** The mounts are done: the hooks run; returns the payload for init's own hooks. */
  createRuntime?(): Uint8Array;
  /** The terminal is there; init goes on at once. */
  console?(console: Console): void;
  /** The seccomp filter is loaded and its listener is descriptor `fd` of init. */
  listener?(pidfd: number, fd: number): void;
}

/** How init gets its plan. */
export interface PlanDelivery {
  readonly slots: number[];
  /** The steps that it hasn't got yet; all of the plan unless given. */
  readonly steps?: readonly PlannedStep[];
  /** Called before the process gets the plan, or the rest of it. */
  spawned?(pid: number): void;
  /** Called when it has got it, and runs. */
  sent?(): void;
  /**
   * Nothing is to be done between `ready` and the start. Then the reply that start is goes out already, unless init waits
   * for another one before: nobody has to wait for the other there.
   */
  readonly startAtOnce?: boolean;
}

/** The master of a terminal that init made, and the name of its other end. */
export interface Console {
  readonly master: number;
  readonly name: string;
}

/** The step that sends a message. */
const senders: Readonly<Record<number, PlannedStep['step']>> = {
  [MessageKind.forked]: 'fork',
  [MessageKind.sync]: 'sync',
  [MessageKind.console]: 'console',
  [MessageKind.listener]: 'seccomp',
};

function encoded(native: Native, steps: readonly PlannedStep[], spawn: InitSpawn): Uint8Array {
  try {
    return encodeSteps(native, steps);
  } catch (error) {
    spawn.abandon();
    throw error;
  }
}

/** Whether a step comes with something for the runtime to do before init may go on: a reply, or a terminal to make ready. */
function waitsForRuntime(step: PlannedStep): boolean {
  return (
    step.step === 'sync' ||
    step.step === 'console' ||
    (step.step === 'seccomp' && (step.flags & allSeccompFlags.NEW_LISTENER) !== 0)
  );
}

/** Init of a container that is being made: the other end of docs/protocol.md. */
export class InitProcess {
  console: Console | undefined;
  private readonly heard = new Map<number, number>();
  private started = false;

  private constructor(
    private readonly rt: Runtime,
    private readonly plan: Plan,
    private readonly events: InitEvents,
    private current: ProcessId,
    private descriptor: number,
    private socket: number,
  ) {}

  /**
   * Waits for the init that was spawned and sends it the plan, or what is left of it.
   * @throws TsruncError 'system' when that fails; then there is no process left.
   */
  static deliver(rt: Runtime, spawn: InitSpawn, plan: Plan, events: InitEvents, options: PlanDelivery): InitProcess {
    const bytes = encoded(rt.native, options.steps ?? plan.steps, spawn);
    const { pid, pidfd, socket } = spawn.end();
    const init = new InitProcess(rt, plan, events, { pid, startTime: 0 }, pidfd, socket);
    try {
      init.become(pid);
      options.spawned?.(pid);
      unlessGone(() => rt.native.sendPlan(socket, options.slots, bytes));
      options.sent?.();
      if (options.startAtOnce && !plan.steps.some(waitsForRuntime)) init.start();
    } catch (error) {
      init.kill();
      throw error;
    }
    return init;
  }

  get process(): ProcessId {
    return this.current;
  }

  get pid(): number {
    return this.current.pid;
  }

  get pidfd(): number {
    return this.descriptor;
  }

  /**
   * Serves init until it reports `ready` (it waits for start) or, with 'starting', that it executes the process.
   * @throws TsruncError of the step, the hook, or whatever the runtime was to do that failed. Init is left as it is.
   */
  serveUntil(point: 'ready' | 'starting'): void {
    const last = MessageKind[point];
    for (;;) {
      const message = this.rt.native.receive(this.socket);
      if (message === null) throw this.death();
      this.serve(message);
      if (message.kind === last) return;
    }
  }

  /** Lets init go on from `wait-start`, where that waits on the socket; once. */
  start(): void {
    if (this.started) return;
    this.started = true;
    this.reply();
  }

  /**
   * After `starting`: waits until execve(2) closed the socket.
   * @throws TsruncError when it failed instead.
   */
  awaitExecution(): void {
    for (;;) {
      const message = this.rt.native.receive(this.socket);
      if (message === null) return;
      this.serve(message);
    }
  }

  /** SIGKILL, reap, close everything. For what failed; never throws because the process is gone already. */
  kill(): void {
    const { native } = this.rt;
    try {
      if (this.descriptor < 0) return;
      try {
        native.pidfdSignal(this.descriptor, SIGKILL);
      } catch (error) {
        if (!isErrno(error, ESRCH)) throw error;
      }
      native.wait(this.descriptor, false);
    } finally {
      this.release();
    }
  }

  /** Closes the descriptors and leaves the process to itself. */
  release(): void {
    const { native } = this.rt;
    for (const fd of [this.descriptor, this.socket, this.console?.master ?? -1]) if (fd >= 0) native.close(fd);
    this.descriptor = -1;
    this.socket = -1;
    this.console = undefined;
  }

  private reply(payload?: Uint8Array): void {
    unlessGone(() => this.rt.native.send(this.socket, encodeReply(payload)));
  }

  /**
   * Refuses more of a kind of message than the plan has steps that send it: a process of the container that may trace init
   * (CAP_SYS_PTRACE) could speak in its place, once `forked` has come.
   */
  private check({ kind }: InitMessage): void {
    const sender = Object.hasOwn(senders, kind) ? senders[kind] : undefined;
    if (sender === undefined) return;
    const heard = (this.heard.get(kind) ?? 0) + 1;
    this.heard.set(kind, heard);
    if (heard > this.plan.steps.filter(({ step }) => step === sender).length) {
      throw new TsruncError('internal', `init sent a message ${kind} that its plan doesn't have`);
    }
  }

  private serve(message: InitMessage): void {
    const { native } = this.rt;
    this.check(message);
    switch (message.kind) {
      case MessageKind.error:
      case MessageKind.hookFailed: {
        const step = this.plan.steps[message.step];
        throw messageError(message, step && stepLabel(step));
      }
      case MessageKind.forked: {
        // The first stage ends by itself once it has said so; nobody else reaps it.
        native.wait(this.descriptor, false);
        native.close(this.descriptor);
        this.descriptor = message.fds[0] ?? -1;
        if (this.descriptor < 0) throw new TsruncError('internal', 'init forked and sent no pidfd');
        this.become(message.value);
        return;
      }
      case MessageKind.sync:
        this.reply(this.synchronise(message.value));
        return;
      case MessageKind.console:
        this.console = { master: message.fds[0] ?? -1, name: message.text };
        this.events.console?.(this.console);
        return;
      case MessageKind.listener:
        this.events.listener?.(this.descriptor, message.value);
        this.reply();
        return;
    }
  }

  private synchronise(event: number): Uint8Array | undefined {
    if (event === SyncEvent.mapIds) {
      this.events.mapIds?.(this.pid);
      return undefined;
    }
    if (event === SyncEvent.delegateCgroup) {
      this.events.delegateCgroup?.(this.pid);
      return undefined;
    }
    return this.events.createRuntime?.();
  }

  private become(pid: number): void {
    const stat = this.rt.native.processStat(pid);
    if (stat === null) throw this.death();
    this.current = { pid, startTime: stat.startTime };
    this.events.process?.(this.current);
  }

  /** The error for an init that ended without a word. */
  private death(): TsruncError {
    const { native } = this.rt;
    // It is dying already if it closed the socket; the signal only makes sure that the wait has an end.
    try {
      native.pidfdSignal(this.descriptor, SIGKILL);
    } catch (error) {
      if (!isErrno(error, ESRCH)) throw error;
    }
    const status = native.wait(this.descriptor, false) ?? 0;
    native.close(this.descriptor);
    this.descriptor = -1;
    const how = status > 128 ? `was killed by ${signalName(status - 128)}` : `ended with status ${status}`;
    const hint = memoryHint(native, this.plan.cgroup.paths);
    return new TsruncError('system', `the container's init ${how} before it was ready`, hint === '' ? {} : { hint });
  }
}
