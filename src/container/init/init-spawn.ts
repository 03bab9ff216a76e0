/** Spawns init before its plan is finished. */
import { TsruncError } from '../../base/error.js';
import { O_DIRECTORY, O_RDONLY } from '../../native/flags.js';
import type { Native, SpawnedInit } from '../../native/native.js';
import { killChild } from '../../native/pidfd.js';
import type { PreservedFds } from '../exec/preserved-fds.js';
import { sendToInit } from './send-to-init.js';

/** How init is spawned. */
export interface SpawnOptions {
  /** CLONE_NEW* of the first clone3. */
  readonly cloneFlags: number;
  /** Directory of the v2 cgroup that init is born in, '' for the runtime's. */
  readonly cloneInto: string;
  readonly stdio: number[];
}

/**
 * An init that is being spawned: the kernel makes its namespaces while we plan. Has to be finished by `end` or
 * `abandon`.
 */
export class InitSpawn {
  private done = false;
  private cgroup = -1;
  private socket = -1;

  private constructor(private readonly native: Native) {}

  /**
   * Prepares the spawn, and begins to make namespaces ahead of it.
   * @param namespaces CLONE_NEW* to make ahead, of those that init will be spawned with
   * @param preserved the descriptors from 3 on that the container inherits
   * @throws TsruncError 'system' if nothing can be started
   */
  static prepare(native: Native, namespaces: number, { count, missing }: PreservedFds): InitSpawn {
    native.prepareSpawn(namespaces, count, [...missing]);
    return new InitSpawn(native);
  }

  /**
   * Prepares and begins at once, with no namespaces made ahead.
   * @throws TsruncError 'system'; then there is no process
   */
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

  /**
   * Spawns init; to be called once.
   * @throws TsruncError 'system' if the cgroup can't be opened or init can't be started
   */
  begin({ cloneFlags, cloneInto, stdio }: SpawnOptions): void {
    if (cloneInto !== '') this.cgroup = this.native.open(cloneInto, O_RDONLY | O_DIRECTORY, 0);
    this.socket = this.native.beginSpawn(cloneFlags, this.cgroup, stdio);
  }

  /**
   * After `begin`: sends a part of the plan, which init carries out as soon as it runs, while the rest is planned. If
   * init can't be spawned, `end` reports that.
   */
  sendAhead(part: Uint8Array, slots: number[]): void {
    sendToInit(() => this.native.sendPlan(this.socket, slots, part));
  }

  /**
   * Waits until init is spawned. Init does nothing before it gets a plan.
   * @throws TsruncError 'system' with the call that failed; then there is no process
   */
  end(): SpawnedInit {
    this.done = true;
    try {
      return this.native.endSpawn();
    } finally {
      if (this.cgroup >= 0) this.native.close(this.cgroup);
    }
  }

  /** Kills and reaps an init that didn't get its whole plan. Does nothing after `end`. */
  abandon(): void {
    if (this.done) return;
    const { native } = this;
    let spawned: SpawnedInit;
    try {
      spawned = this.end();
    } catch (error) {
      // There is no process; why doesn't matter any more.
      if (error instanceof TsruncError) return;
      throw error;
    }
    killChild(native, spawned.pidfd);
    native.close(spawned.pidfd);
    native.close(spawned.socket);
  }
}
