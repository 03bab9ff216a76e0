import { ESRCH } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { O_DIRECTORY, O_RDONLY } from '../../native/flags.js';
import type { Native, SpawnedInit } from '../../native/native.js';
import { SIGKILL } from '../../native/signals.js';
import type { PreservedFds } from '../exec/preserved-fds.js';
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
  private socket = -1;

  private constructor(private readonly native: Native) {}

  /**
   * @param namespaces CLONE_NEW* to be made ahead, of those that it will be spawned with.
   * @param preserved descriptors from 3 on that the container keeps.
   * @throws TsruncError 'system' when nothing can be started.
   */
  static prepare(native: Native, namespaces: number, { count, missing }: PreservedFds): InitSpawn {
    native.prepareSpawn(namespaces, count, [...missing]);
    return new InitSpawn(native);
  }

  /** Both at once, with nothing made ahead. @throws TsruncError 'system'; then nothing is left of it. */
  static start(native: Native, options: SpawnOptions, preserved: PreservedFds): InitSpawn {
    const spawning = InitSpawn.prepare(native, 0, preserved);
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
    this.socket = this.native.beginSpawn(cloneFlags, this.cgroup, stdio);
  }

  /**
   * After begin: a part of the plan, which the process carries out, as soon as it is there, while the rest is made. That it
   * isn't there is for `end` to say.
   */
  sendAhead(part: Uint8Array, slots: number[]): void {
    unlessGone(() => this.native.sendPlan(this.socket, slots, part));
  }

  /**
   * Waits for the process; it does nothing before it gets a plan.
   * @throws TsruncError 'system' with the call that failed; then there is no process.
   */
  end(): SpawnedInit {
    this.done = true;
    try {
      return this.native.endSpawn();
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
