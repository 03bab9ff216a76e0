/** What the boxes of docker and podman have in common: their engine is a command. */
import type { Context } from './case.js';
import { attempt, command, inTerminal, type Outcome, type Step } from './command.js';

/** The label of a case's containers; its value is the case's name. */
export const label = 'engines.case';

export abstract class CommandBox {
  readonly context: Context;
  #count = 0;

  constructor(context: Context) {
    this.context = context;
  }

  get signal(): AbortSignal {
    return this.context.signal;
  }

  /** A name for another container, volume or network of this case. */
  another(): string {
    return `${this.context.name}-${++this.#count}`;
  }

  /** The whole of a command of the engine that begins with these words. */
  abstract words(...words: readonly string[]): string[];

  /** A command that has to succeed; returns what it printed. */
  async cli(...words: readonly string[]): Promise<string> {
    return await command(this.words(...words), { signal: this.signal });
  }

  /** A command that may fail. */
  async attempt(words: readonly string[], input?: string): Promise<Outcome> {
    const options = input === undefined ? { signal: this.signal } : { signal: this.signal, input };
    return await attempt(this.words(...words), options);
  }

  /** A command in a terminal of 24 rows and 80 columns. */
  async terminal(words: readonly string[], steps: readonly Step[] = []): Promise<{ status: number; output: string }> {
    return await inTerminal(this.words(...words), steps, { signal: this.signal });
  }
}
