/**
 * Pipes between this program and a command, and with it a container. child_process gives its children sockets instead, and a socket
 * can't be opened by way of /dev/stdout or /dev/stderr, as many images do for their logs.
 */
import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { nativeHalfIfThere } from './native-half.js';

/** What becomes a descriptor of the command, as child_process has it. */
export type Descriptor = 'ignore' | 'inherit' | 'pipe' | number;

/** Stdin, stdout and stderr of a command, as far as they are pipes. */
export class Pipes {
  /** What child_process is to be given. */
  readonly stdio: Descriptor[];
  readonly #theirs: number[] = [];
  readonly #streams: (Socket | undefined)[] = [];

  /** @param stdio what is asked for; each `pipe` becomes one, or a socket where there is no addon to make it */
  constructor(stdio: readonly [Descriptor, Descriptor, Descriptor]) {
    const half = stdio.includes('pipe') ? nativeHalfIfThere() : undefined;
    try {
      this.stdio = stdio.map((descriptor, index) => {
        if (descriptor !== 'pipe' || !half) return descriptor;
        const ends = half.openPipe();
        const [ours, theirs] = index === 0 ? [ends[1], ends[0]] : ends;
        this.#theirs.push(theirs);
        this.#streams[index] = new Socket({ fd: ours, readable: index !== 0, writable: index === 0 });
        return theirs;
      });
    } catch (error) {
      this.#closeTheirs();
      this.destroy();
      throw error;
    }
  }

  /** To be called once the command has the descriptors. */
  handedOver(): void {
    this.#closeTheirs();
  }

  stdin(child: ChildProcess): Writable | undefined {
    return this.#streams[0] ?? child.stdin ?? undefined;
  }

  stdout(child: ChildProcess): Readable | undefined {
    return this.#streams[1] ?? child.stdout ?? undefined;
  }

  stderr(child: ChildProcess): Readable | undefined {
    return this.#streams[2] ?? child.stderr ?? undefined;
  }

  /** Closes our ends. */
  destroy(): void {
    for (const stream of this.#streams) stream?.destroy();
  }

  #closeTheirs(): void {
    for (const fd of this.#theirs.splice(0)) closeSync(fd);
  }
}
