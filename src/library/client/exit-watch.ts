/** Waits for the end of processes that are no children of this program. */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { isErrno } from '../../base/error.js';
import { signalName } from '../../native/signals.js';
import { type AbortOptions, onAbort } from './abort.js';
import { nativeHalf } from './native-half.js';
import type { DetachedEnd } from './result.js';
import { RuntimeError } from './runtime-error.js';

const ESRCH = 3;
const unknown: DetachedEnd = { exitCode: null, signal: null, known: false };

/** A process, by its pid and the time of its start, which no later one with that pid shares. */
export class WatchedProcess {
  readonly #pid: number;
  readonly #start: string | undefined;

  /** @param pid of a process that has just been started */
  constructor(pid: number) {
    this.#pid = pid;
    this.#start = startOf(pid);
  }

  /**
   * Waits until it has ended.
   * @throws RuntimeError 'unsupported' without the addon; the signal's reason when it is aborted
   */
  async wait({ signal }: AbortOptions): Promise<DetachedEnd> {
    signal?.throwIfAborted();
    const fd = this.#open();
    if (fd === undefined) return unknown;
    const socket = new Socket({ fd, readable: true, writable: true });
    const chunks: Buffer[] = [];
    const abort = onAbort(signal, () => socket.destroy());
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', () => {});
      socket.once('close', () => resolve());
    });
    abort.stop();
    signal?.throwIfAborted();
    const [low, high] = Buffer.concat(chunks);
    if (low === undefined || high === undefined) return unknown;
    // A wait status (wait(2)): the signal and the flag of a core dump below, the exit status above.
    const number = low & 0x7f;
    return number === 0
      ? { exitCode: high, signal: null, known: true }
      : { exitCode: null, signal: signalName(number), known: true };
  }

  /** A socket that is closed when it ends; undefined when it has ended. */
  #open(): number | undefined {
    if (this.#start === undefined) return undefined;
    try {
      const fd = nativeHalf().watchProcess(this.#pid);
      if (startOf(this.#pid) === this.#start) return fd;
      // It ended just now, or another has its pid.
      new Socket({ fd }).destroy();
      return undefined;
    } catch (error) {
      if (isErrno(error, ESRCH)) return undefined;
      const message = `waiting for a process needs the native half: ${(error as Error).message}`;
      throw new RuntimeError(message, { code: 'unsupported', argv: [], cause: error });
    }
  }
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); undefined when there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')')).split(' ')[20];
  } catch {
    return undefined;
  }
}
