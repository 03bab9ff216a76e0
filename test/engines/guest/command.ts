/** Running commands in the machine. */
import { spawn } from 'node:child_process';

export interface Outcome {
  /** Exit code, or 128 and the signal's number. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly input?: string;
  readonly signal?: AbortSignal;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

const numbers: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Runs a command; a failure is not an error. */
export async function attempt(argv: readonly string[], options: Options = {}): Promise<Outcome> {
  const { input, signal, env, cwd } = options;
  const child = spawn(argv[0]!, argv.slice(1), {
    ...{ signal, cwd, killSignal: 'SIGKILL', env: { ...process.env, ...env } },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  if (input !== undefined) child.stdin!.on('error', () => {}).end(input);
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killed) => resolve({ status: code ?? 128 + (numbers[killed ?? ''] ?? 0), ...texts }));
  });
}

/**
 * Runs a command that has to succeed.
 * @returns its stdout, without the newlines at its end
 * @throws Error with what it said when it failed
 */
export async function command(argv: readonly string[], options: Options = {}): Promise<string> {
  const { status, stdout, stderr } = await attempt(argv, options);
  if (status !== 0) throw new Error(`${argv.join(' ')}: ended with ${status}: ${(stderr || stdout).trim()}`);
  return stdout.trimEnd();
}

/** What is done at a terminal, in this order: wait for output that holds a text, type, change the size. */
export type Step = ['expect' | 'insist', string] | ['send', string] | ['resize', number, number];

/** Runs a command in a terminal of 24 rows and 80 columns; its output comes as one text. */
export async function inTerminal(
  argv: readonly string[],
  steps: readonly Step[],
  { signal }: Options = {},
): Promise<{ status: number; output: string }> {
  const env = { TERMINAL_SECONDS: '250' };
  const words = ['python3', '/usr/local/lib/engines/in-terminal.py', ...argv];
  return JSON.parse(await command(words, { input: JSON.stringify(steps), env, ...(signal ? { signal } : {}) }));
}

/**
 * Waits until `look` returns something else than undefined. For states that nobody tells of by an event.
 * @throws Error naming `what` when the signal is aborted first
 */
export async function until<T>(what: string, signal: AbortSignal, look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (signal.aborted) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
