import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { plainEnv } from '../helpers/runtime.js';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the runtime says that it failed. */
export const message = /^(tsrunc .*|exec )failed: ./m;

/** Whether there is a message, and not warnings alone. The other commands have no prefix. */
export const said = (stderr: string): boolean =>
  message.test(stderr) || stderr.split('\n').some((line) => line !== '' && !line.startsWith('warning: '));

/** On a terminal both streams are one: takes the runtime's message out of what the container wrote. */
export function parted(ended: Ended): Ended {
  const lines = ended.stdout.replaceAll('\r\n', '\n').split(/(?<=\n)/);
  const ours = (line: string) => message.test(line);
  return { ...ended, stdout: lines.filter((line) => !ours(line)).join(''), stderr: lines.filter(ours).join('') };
}

/**
 * Runs a command to its end, its streams in files of `directory`: many at a time, and what it leaves running can't keep anybody
 * waiting. `out` names the file of stdout, for what goes on writing there.
 */
export async function runCommand(
  argv: string[],
  directory: string,
  out = join(directory, 'stdout'),
  env: Record<string, string> = plainEnv,
): Promise<Ended> {
  const errFile = join(directory, 'stderr');
  const [stdout, stderr] = [openSync(out, 'w'), openSync(errFile, 'w')];
  try {
    const child = spawn(argv[0]!, argv.slice(1), { env, stdio: ['ignore', stdout, stderr] });
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(signal ? null : code));
    });
    return { status, stdout: readFileSync(out, 'utf8'), stderr: readFileSync(errFile, 'utf8') };
  } finally {
    closeSync(stdout);
    closeSync(stderr);
  }
}
