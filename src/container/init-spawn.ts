import { ESRCH } from '../errno.js';
import { isErrno, TsruncError } from '../error.js';
import { O_DIRECTORY, O_RDONLY } from '../native/flags.js';
import type { Native, SpawnedInit } from '../native/native.js';
import { SIGKILL } from '../native/signals.js';

/** How init is spawned. */
export interface SpawnOptions {
  /** CLONE_NEW* of the first clone3. */
  readonly cloneFlags: number;
  /** v2 cgroup to be born in, '' for that of the runtime. */
  readonly cloneInto: string;
  readonly stdio: number[];
  readonly preserve: number;
}

/** Init on its way: the kernel makes its namespaces while the plan is made. To be ended, or abandoned. */
export class InitSpawn {
  private done = false;

  private constructor(
    private readonly native: Native,
    private readonly cgroup: number,
  ) {}

  /** @throws TsruncError 'system' when the cgroup can't be opened or nothing can be started. */
  static begin(native: Native, { cloneFlags, cloneInto, stdio, preserve }: SpawnOptions): InitSpawn {
    const cgroup = cloneInto === '' ? -1 : native.open(cloneInto, O_RDONLY | O_DIRECTORY, 0);
    try {
      native.beginSpawn(cloneFlags, cgroup, stdio, preserve);
    } catch (error) {
      if (cgroup >= 0) native.close(cgroup);
      throw error;
    }
    return new InitSpawn(native, cgroup);
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

  /** Ends and reaps a process that was spawned and never got its plan. Nothing after `end`. */
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
