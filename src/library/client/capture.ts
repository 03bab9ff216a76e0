/** Output that is kept in memory, up to a limit. */

/** How much output is kept. */
export interface CaptureOptions {
  /** The most bytes that are kept of stdout, and as many of stderr. Default: 1048576. */
  readonly maxBuffer?: number;
  /**
   * What happens when there is more: `truncate` reads the rest and drops it, so that the process goes on; `kill` ends the process with
   * SIGKILL. Either way the first `maxBuffer` bytes are in the result, which says that there was more. Default: `truncate`.
   */
  readonly onMaxBuffer?: 'truncate' | 'kill';
}

/** The output of one descriptor. */
export class Capture {
  readonly #limit: number;
  readonly #full: () => void;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #truncated = false;

  /** @param full called once, when there is more than the limit and the process is to be ended for it */
  constructor({ maxBuffer = 1 << 20, onMaxBuffer = 'truncate' }: CaptureOptions, full: () => void) {
    this.#limit = maxBuffer;
    this.#full = onMaxBuffer === 'kill' ? full : () => {};
  }

  /** Whether there was more than the limit. */
  get truncated(): boolean {
    return this.#truncated;
  }

  add(chunk: Uint8Array): void {
    const room = this.#limit - this.#size;
    if (room > 0) this.#chunks.push(chunk.length > room ? chunk.slice(0, room) : chunk);
    this.#size = Math.min(this.#limit, this.#size + chunk.length);
    if (chunk.length <= room || this.#truncated) return;
    this.#truncated = true;
    this.#full();
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}
