/** A child of the runtime that is, or will become, a process of a container. */
import type { Native } from '../../native/native.js';
import { killChild } from '../../native/pidfd.js';
import type { ProcessId } from './process-id.js';

/** The terminal of a process: descriptor of its master, and name of its slave. */
export interface Console {
  readonly master: number;
  readonly name: string;
}

/** A child process with its pidfd and its terminal, both of which this object closes. */
export class ChildProcess {
  console: Console | undefined;
  protected id: ProcessId = { pid: 0, startTime: 0 };
  /** Its pidfd; -1 before the process exists and after `release`. */
  protected descriptor = -1;

  constructor(protected readonly native: Native) {}

  /** Its pid is 0 before the process exists. */
  get process(): ProcessId {
    return this.id;
  }

  get pid(): number {
    return this.id.pid;
  }

  get pidfd(): number {
    return this.descriptor;
  }

  /**
   * Kills and reaps the process, if it exists, and closes everything. It is no error if the process is gone already.
   */
  kill(): void {
    try {
      if (this.descriptor >= 0) killChild(this.native, this.descriptor);
    } finally {
      this.release();
    }
  }

  /** Closes the descriptors and lets the process run on. */
  release(): void {
    if (this.descriptor >= 0) this.native.close(this.descriptor);
    if (this.console !== undefined && this.console.master >= 0) this.native.close(this.console.master);
    this.descriptor = -1;
    this.console = undefined;
  }
}
