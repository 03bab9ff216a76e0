import { ESRCH } from '../errno.js';
import { isErrno, TsruncError } from '../error.js';
import { O_DIRECTORY, O_RDONLY } from '../native/flags.js';
import type { Native, SpawnedInit } from '../native/native.js';
import { SIGKILL } from '../native/signals.js';
import { unlessGone } from './unless-gone.js';

/** How init is spawned. */
export interface SpawnOptions {
  /** CLONE_NEW* of the first clone3. */
  readonly cloneFlags: number;
  /** v2 cgroup to be born in, '' for that of the runtime. */
  readonly cloneInto: string;
  readonly stdio: number[];
}

/** Init on its way: the kernel makes its namespaces while the plan is made. To be ended, or abandoned. */
export class InitSpawn {
  private done = false;
  private cgroup = -1;
  private spawned: SpawnedInit | undefined;

  private constructor(private readonly native: Native) {}

  /**
   * @param namespaces CLONE_NEW* to be made ahead, of those that it will be spawned with.
   * @param preserve descriptors from 3 on that the container keeps.
   * @throws TsruncError 'system' when nothing can be started.
   */
  static prepare(native: Native, namespaces: number, preserve: number): InitSpawn {
    native.prepareSpawn(namespaces, preserve);
    return new InitSpawn(native);
  }

  /** Both at once, with nothing made ahead. @throws TsruncError 'system'; then nothing is left of it. */
  static start(native: Native, options: SpawnOptions, preserve: number): InitSpawn {
    const spawning = InitSpawn.prepare(native, 0, preserve);
    try {
      spawning.begin(options);
    } catch (error) {
      spawning.abandon();
      throw error;
    }
    return spawning;
  }

  /** Once. @throws TsruncError 'system' when the cgroup can't be opened or init can't be started. */
  begin({ cloneFlags, cloneInto, stdio }: SpawnOptions): void {
    if (cloneInto !== '') this.cgroup = this.native.open(cloneInto, O_RDONLY | O_DIRECTORY, 0);
    this.native.beginSpawn(cloneFlags, this.cgroup, stdio);
  }

  /**
   * Waits for the process and gives it the first part of its plan, which it carries out while the rest is made.
   * @throws TsruncError 'system' as end.
   */
  sendAhead(part: Uint8Array, slots: number[]): void {
    const { socket } = this.process();
    unlessGone(() => this.native.sendPlan(socket, slots, part));
  }

  /**
   * Waits for the process; it does nothing before it gets a plan.
   * @throws TsruncError 'system' with the call that failed; then there is no process.
   */
  end(): SpawnedInit {
    const spawned = this.process();
    this.done = true;
    return spawned;
  }

  private process(): SpawnedInit {
    if (this.spawned !== undefined) return this.spawned;
    try {
      this.spawned = this.native.endSpawn();
      return this.spawned;
    } catch (error) {
      this.done = true;
      throw error;
    } finally {
      if (this.cgroup >= 0) this.native.close(this.cgroup);
    }
  }

  /** Ends and reaps a process that was spawned and never got its whole plan. Nothing after `end`. */
  abandon(): void {
    if (this.done) return;
    const { native } = this;
    let spawned: SpawnedInit;
    try {
      spawned = this.end();
    } catch (error) {
      // What keeps it from being there is no matter any more.
      if (error instanceof TsruncError) return;
      throw error;
    }
    try {
      native.pidfdSignal(spawned.pidfd, SIGKILL);
    } catch (error) {
      if (!isErrno(error, ESRCH)) throw error;
    }
    native.wait(spawned.pidfd, false);
    native.close(spawned.pidfd);
    native.close(spawned.socket);
  }
}
