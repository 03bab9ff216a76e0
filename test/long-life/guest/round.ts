/** What all work of a round has in common: until when it goes on, and what became of it. */
import { attempt, type Outcome } from '../../engines/guest/command.js';

/** Seconds on a clock that steps of the system's clock don't move. */
export const seconds = (): number => performance.now() / 1000;

/** What an operation that hangs takes before it is killed, in milliseconds. */
const PATIENCE = 120_000;

/** What a failure must never look like, whatever the machine lacks: a crash, or an error without a cause. */
const crash = /internal error|Aborted|Segmentation|stack trace|^\s+at /m;

export class Round {
  readonly number: number;
  /** Something is taken from the machine in this round: operations may fail, with an error. */
  readonly disturbed: boolean;
  /** When no more operation is begun. */
  readonly end: number;
  done = 0;
  /** Operations that failed in a disturbed round. */
  refused = 0;
  /** What must not have happened. */
  readonly wrong: string[] = [];
  #ids = 0;

  constructor(number: number, disturbed: boolean, length: number) {
    this.number = number;
    this.disturbed = disturbed;
    this.end = seconds() + length;
  }

  get goesOn(): boolean {
    return seconds() < this.end;
  }

  /** An id that no other container has. */
  id(kind: string): string {
    return `life-${kind}-${this.number}-${this.#ids++}`;
  }

  /** Runs a command to its end; one that hangs, or crashes, is wrong in any round. */
  async run(...argv: string[]): Promise<Outcome> {
    const signal = AbortSignal.timeout(PATIENCE);
    const result = await attempt(argv, { signal }).catch((error: Error) => {
      if (signal.aborted) throw new Error(`${argv.join(' ')}: hangs`);
      // Of spawn, where there are no pids left.
      return { status: 255, stdout: '', stderr: error.message };
    });
    if (crash.test(result.stderr) || (argv[0]?.endsWith('tsrunc') && result.status === 139))
      this.wrong.push(`${argv.join(' ')}: ${result.status}: ${result.stderr.slice(0, 300)}`);
    return result;
  }

  /** Runs a command that ends with `status`. */
  async needs(status: number, ...argv: string[]): Promise<string> {
    const result = await this.run(...argv);
    if (result.status !== status)
      throw new Error(`${argv.join(' ')}: ${result.status}: ${(result.stderr || result.stdout).trim().slice(0, 300)}`);
    return result.stdout;
  }

  /** Runs a command that leaves a process behind, which keeps the standard streams: they are not pipes, which it would keep open. */
  async leaves(...argv: string[]): Promise<void> {
    const said = `/var/tmp/life-${this.#ids++}`;
    const line = `"$@" < /dev/null > /dev/null 2> ${said}; status=$?; cat ${said} >&2; rm -f ${said}; exit $status`;
    await this.needs(0, 'sh', '-c', line, ...argv.slice(0, 1), ...argv);
  }

  /** One operation: counts it, and says whether its failure is one. */
  async operation(what: () => Promise<void>): Promise<void> {
    try {
      await what();
      this.done++;
    } catch (error) {
      const { message } = error as Error;
      if (this.disturbed && !message.endsWith('hangs')) this.refused++;
      else this.wrong.push(message);
    }
  }
}
