import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execute, plainEnv, project } from './runtime.js';

/** The Python scripts stay beside their sources; they aren't compiled. */
const script = (name: string): string => join(project, 'test/helpers', name);

export interface Receiver {
  readonly socket: string;
  /** All lines of JSON that came, once the receiver has ended. */
  lines(): Promise<Record<string, unknown>[]>;
  child: ChildProcess;
}

/** Starts unix-receiver.py and waits until it listens on `socket`. */
export async function receiver(socket: string, mode: string, input = ''): Promise<Receiver> {
  const child = spawn('python3', [script('unix-receiver.py'), socket, mode, input], {
    env: plainEnv,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 15_000,
  });
  const lines: Record<string, unknown>[] = [];
  let listening = (): void => {};
  const ready = new Promise<void>((resolve) => {
    listening = resolve;
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const entry = JSON.parse(line) as Record<string, unknown>;
    if (entry.listening) listening();
    else lines.push(entry);
  });
  await Promise.race([ready, closed]);
  return {
    socket,
    child,
    lines: async () => {
      await closed;
      return lines;
    },
  };
}

export interface TerminalRun {
  status: number;
  output: string;
  /** Whether the caller's terminal was raw at each ["mode"] step, and at the end. */
  raw: boolean[];
  after: boolean;
}

export type TerminalStep = ['expect' | 'insist', string] | ['send', string] | ['resize', number, number] | ['mode'];

/** Runs a command on a pseudo-terminal; see in-terminal.py. */
export function inTerminal(argv: string[], steps: TerminalStep[]): TerminalRun {
  const result = execute(['python3', script('in-terminal.py'), ...argv], { input: JSON.stringify(steps) });
  if (result.status !== 0) throw new Error(`in-terminal.py: ${result.stderr}`);
  return JSON.parse(result.stdout) as TerminalRun;
}

/** Exit status of a command on a terminal that nobody reads, whose process is killed; see unread-terminal.py. Null: it goes on. */
export function onUnreadTerminal(pidFile: string, argv: string[]): number | null {
  const result = execute(['python3', script('unread-terminal.py'), pidFile, ...argv], { timeout: 60_000 });
  if (result.status !== 0) throw new Error(`unread-terminal.py: ${result.stderr}`);
  return (JSON.parse(result.stdout) as { status: number | null }).status;
}

/** Exit status of a command whose output doesn't fit into its terminal, which nobody reads; see nearly-full-terminal.py. Null: it goes on. */
export function onNearlyFullTerminal(argv: string[]): number | null {
  const result = execute(['python3', script('nearly-full-terminal.py'), ...argv], { timeout: 60_000 });
  if (result.status !== 0) throw new Error(`nearly-full-terminal.py: ${result.stderr}`);
  return (JSON.parse(result.stdout) as { status: number | null }).status;
}

/** Exchanges the two paths without end, in a process of its own, while `work` runs. */
export async function whileSwapping(a: string, b: string, work: () => void): Promise<void> {
  const child = spawn('python3', [script('swap.py'), a, b], { env: plainEnv, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  try {
    work();
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
