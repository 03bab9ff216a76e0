/** Serves init while it makes a process: the runtime's side of docs/protocol.md. */
import { TsruncError } from '../../base/error.js';
import type { InitMessage, Native } from '../../native/native.js';
import { killChild } from '../../native/pidfd.js';
import { signalName } from '../../native/signals.js';
import type { PlannedStep, ProcessPlan } from '../../plan/plan.js';
import { allSeccompFlags } from '../../plan/seccomp/seccomp-flags.js';
import { encodeSteps } from '../../plan/steps/encode.js';
import { MessageKind, REPLY, SyncEvent } from '../../plan/steps/protocol.js';
import { ChildProcess, type Console } from './child-process.js';
import type { InitSpawn } from './init-spawn.js';
import { memoryHint } from './memory-hint.js';
import type { ProcessId } from './process-id.js';
import { sendToInit } from './send-to-init.js';
import { messageError } from './step-error.js';
import { stepLabel } from './step-label.js';

/** What the runtime does when init reports something. Init waits for the end of each, unless noted otherwise. */
export interface InitEvents {
  /** Init is now this process. Called after the spawn and after each fork; init doesn't wait. */
  process?(process: ProcessId): void;
  /** The user namespace is made: write uid_map and gid_map of the process. */
  mapIds?(pid: number): void;
  /** The namespaces and mounts are done: move the process to its cgroup below the container's. */
  delegateCgroup?(pid: number): void;
  /** The mounts are done: run the hooks. Returns the JSON states for the createContainer and the startContainer hooks. */
  createRuntime?(): readonly string[];
  /** The terminal is open; init doesn't wait. */
  console?(console: Console): void;
  /** The seccomp filter is loaded and its listener is descriptor `fd` of init. */
  listener?(pidfd: number, fd: number): void;
}

/** A plan, or the rest of it, and what goes with it to init. */
export interface PlanDelivery {
  readonly plan: ProcessPlan;
  readonly events: InitEvents;
  /** The descriptors for the plan's slots, in their order, without those that init already has. */
  readonly slots: number[];
  /** The steps that init doesn't have yet; all steps of the plan if left out. */
  readonly steps?: readonly PlannedStep[];
  /** Called before the process gets the plan, or the rest of it. */
  spawned?(pid: number): void;
  /** Called when the plan was sent, while init runs. */
  sent?(): void;
  /**
   * The runtime has nothing to do between `ready` and the start. Then the reply that starts the process is sent in
   * advance, unless the plan has init wait for the runtime earlier, so that neither has to wait for the other.
   */
  readonly startAtOnce?: boolean;
  /**
   * The container's cgroups (CgroupPlan.paths), by which the error for an init that died can say that it ran out of
   * memory.
   */
  readonly cgroupPaths?: Readonly<Record<string, string>>;
}

/** The step that sends each kind of message. */
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

/** Whether the runtime has something to do at a step before init may go on: send a reply, or set up a terminal. */
function waitsForRuntime(step: PlannedStep): boolean {
  return (
    step.step === 'sync' ||
    step.step === 'console' ||
    (step.step === 'seccomp' && (step.flags & allSeccompFlags.NEW_LISTENER) !== 0)
  );
}

/** Init as the runtime serves it, until it executes the program of the process. */
export class InitProcess extends ChildProcess {
  private readonly heard = new Map<number, number>();
  private started = false;

  private constructor(
    native: Native,
    private readonly delivery: PlanDelivery,
    pidfd: number,
    private socket: number,
  ) {
    super(native);
    this.descriptor = pidfd;
  }

  /**
   * Waits until init is spawned, and sends it the plan or the rest of it.
   * @throws TsruncError 'system' if that fails; then init has been killed
   */
  static deliver(native: Native, spawn: InitSpawn, delivery: PlanDelivery): InitProcess {
    const { steps } = delivery.plan;
    const bytes = encoded(native, delivery.steps ?? steps, spawn);
    const { pid, pidfd, socket } = spawn.end();
    const init = new InitProcess(native, delivery, pidfd, socket);
    try {
      init.become(pid);
      delivery.spawned?.(pid);
      sendToInit(() => native.sendPlan(socket, delivery.slots, bytes));
      delivery.sent?.();
      if (delivery.startAtOnce && !steps.some(waitsForRuntime)) init.start();
    } catch (error) {
      init.kill();
      throw error;
    }
    return init;
  }

  /**
   * Serves init until it reports `ready` (it waits for start) or `starting` (it is about to execute the program).
   * @throws TsruncError of the step, the hook or the runtime's own work that failed. Init isn't killed.
   */
  serveUntil(point: 'ready' | 'starting'): void {
    const last = MessageKind[point];
    for (;;) {
      const message = this.native.receive(this.socket);
      if (message === null) throw this.death();
      this.serve(message);
      if (message.kind === last) return;
    }
  }

  /** Lets init go on from `wait-start`, if that waits on the socket. Only the first call has an effect. */
  start(): void {
    if (this.started) return;
    this.started = true;
    this.reply();
  }

  /**
   * After `starting`: waits until execve(2) has closed the socket.
   * @throws TsruncError if execve(2) failed
   */
  awaitExecution(): void {
    for (;;) {
      const message = this.native.receive(this.socket);
      if (message === null) return;
      this.serve(message);
    }
  }

  override release(): void {
    super.release();
    if (this.socket >= 0) this.native.close(this.socket);
    this.socket = -1;
  }

  private reply(texts: readonly string[] = []): void {
    sendToInit(() => this.native.sendReply(this.socket, REPLY, texts));
  }

  /**
   * Refuses more messages of a kind than the plan has steps that send it. After `forked` a process of the container
   * that may trace init (CAP_SYS_PTRACE) could send messages in its place.
   */
  private check({ kind }: InitMessage): void {
    const sender = Object.hasOwn(senders, kind) ? senders[kind] : undefined;
    if (sender === undefined) return;
    const heard = (this.heard.get(kind) ?? 0) + 1;
    this.heard.set(kind, heard);
    if (heard > this.delivery.plan.steps.filter(({ step }) => step === sender).length) {
      throw new TsruncError('internal', `init sent a message ${kind} that its plan doesn't have`);
    }
  }

  private serve(message: InitMessage): void {
    const { native } = this;
    const { plan, events } = this.delivery;
    this.check(message);
    switch (message.kind) {
      case MessageKind.error:
      case MessageKind.hookFailed: {
        const step = plan.steps[message.step];
        throw messageError(message, step && stepLabel(step));
      }
      case MessageKind.forked: {
        // The first stage ends after this message, and only we can reap it.
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
        events.console?.(this.console);
        return;
      case MessageKind.listener:
        events.listener?.(this.descriptor, message.value);
        this.reply();
        return;
    }
  }

  private synchronise(event: number): readonly string[] | undefined {
    const { events } = this.delivery;
    if (event === SyncEvent.mapIds) {
      events.mapIds?.(this.pid);
      return undefined;
    }
    if (event === SyncEvent.delegateCgroup) {
      events.delegateCgroup?.(this.pid);
      return undefined;
    }
    return events.createRuntime?.();
  }

  private become(pid: number): void {
    const stat = this.native.processStat(pid);
    if (stat === null) throw this.death();
    this.id = { pid, startTime: stat.startTime };
    this.delivery.events.process?.(this.id);
  }

  /** The error for an init that ended without reporting an error. Reaps it. */
  private death(): TsruncError {
    const { native } = this;
    // It closed the socket, so it is dying already. The signal only makes sure that the wait ends.
    const status = killChild(native, this.descriptor);
    native.close(this.descriptor);
    this.descriptor = -1;
    const how = status > 128 ? `was killed by ${signalName(status - 128)}` : `ended with status ${status}`;
    const hint = memoryHint(native, this.delivery.cgroupPaths ?? {});
    return new TsruncError('system', `the container's init ${how} before it was ready`, hint === '' ? {} : { hint });
  }
}
