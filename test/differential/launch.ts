/** Runs a command of a runtime whose process is the probe, and looks at the process while it waits. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { plainEnv } from '../helpers/runtime.js';
import { type Outside, seenFromOutside } from './outside.js';
import type { World } from './world.js';

/** One of the two that are compared. */
export interface Peer {
  readonly name: 'tsrunc' | 'runc';
  readonly executable: string;
  /** Its --root. */
  readonly root: string;
}

export interface Launched {
  readonly status: number | null;
  readonly stderr: string;
  /** What the probe printed; undefined when it never ran. */
  readonly inside: Record<string, unknown> | undefined;
  /** What was seen from outside meanwhile. */
  readonly outside: Outside | undefined;
}

/** What a command may take; then it is killed, which shows in its status. */
const patience = 20_000;

/**
 * @param args of the command; `--pid-file` is added behind the first
 * @param isWatched whether the process is the probe, which waits to be looked at
 */
export function launch(world: World, peer: Peer, args: readonly string[], isWatched: boolean): Promise<Launched> {
  const pidFile = join(world.home, `${peer.name}.pid`);
  rmSync(pidFile, { force: true });
  const [command = '', ...rest] = args;
  const global = ['--root', peer.root, ...(world.isOfSystemd ? ['--systemd-cgroup'] : [])];
  const argv = [...global, command, ...(isWatched ? ['--pid-file', pidFile] : []), ...rest];
  // A file: a container that goes on running would keep a pipe open.
  const errorFile = join(world.home, 'stderr');
  const errors = openSync(errorFile, 'w');
  const stdio = isWatched ? (['pipe', 'pipe', errors] as const) : (['ignore', 'ignore', errors] as const);
  const child = spawn(peer.executable, argv, { cwd: '/', env: plainEnv, stdio: [...stdio] });
  closeSync(errors);
  let stdout = '';
  let outside: Outside | undefined;
  let failure: unknown;
  /** Looks once both are there: runc writes the pid after the process runs. */
  const look = (): void => {
    if (!stdout.endsWith('\n') || outside !== undefined || !existsSync(pidFile)) return;
    try {
      outside = seenFromOutside(Number(readFileSync(pidFile, 'utf8')), world.controllers);
    } catch (error) {
      // A process that was killed meanwhile has nothing to be seen of.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') failure = error;
    }
    child.stdin?.end();
  };
  const watcher = isWatched ? watch(world.home, look) : undefined;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    look();
  });
  // The command may have ended by then.
  child.stdin?.on('error', () => {});
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      watcher?.close();
      if (failure !== undefined) return reject(failure);
      const inside = stdout.endsWith('\n') ? (JSON.parse(stdout) as Record<string, unknown>) : undefined;
      resolve({ status, stderr: readFileSync(errorFile, 'utf8'), inside, outside });
    });
  });
}
