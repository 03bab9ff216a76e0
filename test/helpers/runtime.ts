import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's directory, seen from build/test/test/helpers. */
export const project = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

/** The executable under test: $TSRUNC (a path, or a name in PATH), else bin/tsrunc. */
export const runtime = findRuntime(process.env.TSRUNC ?? join(project, 'bin/tsrunc'));

/** `tsrunc`, or the name of the runtime the tests run against as a control. */
export const kind = ['runc', 'crun', 'youki'].find((name) => basename(runtime) === name) ?? 'tsrunc';

function findRuntime(name: string): string {
  if (name.includes('/')) return resolve(name);
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const found = spawnSync('test', ['-x', join(directory, name)]).status === 0;
    if (found) return join(directory, name);
  }
  throw new Error(`TSRUNC=${name}: not found in PATH`);
}

export interface CallOptions {
  env?: Record<string, string>;
  cwd?: string;
  input?: string;
  /** Descriptors for 3, 4, … of the command. */
  extraFds?: number[];
  /** Put before the command, e.g. ['setpriv', '--reuid', '65534']. */
  wrapper?: string[];
  timeout?: number;
  /** Another executable than the one under test. */
  executable?: string;
}

export interface CallResult {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** What the call was, for messages. */
  command: string;
  /** What the container wrote to the call's stdout up to now (a detached one goes on writing). */
  output(): string;
}

/** A small, fixed environment: nothing of the test runner's reaches the runtime. */
export const plainEnv = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/**
 * Runs a command to its end with stdout and stderr in files, so that a container left behind can't keep a pipe open
 * and the call waiting.
 */
export function execute(argv: string[], options: CallOptions = {}): CallResult {
  const directory = mkdtempSync(`/tmp/tsrunc-test-call-${process.pid}-`);
  const outFile = join(directory, 'stdout');
  const errFile = join(directory, 'stderr');
  const out = openSync(outFile, 'w');
  const err = openSync(errFile, 'w');
  // A reader of its own: it still sees the file after the directory is gone.
  const reader = openSync(outFile, 'r');
  const all = [...(options.wrapper ?? []), ...argv];
  try {
    const result = spawnSync(all[0]!, all.slice(1), {
      cwd: options.cwd,
      env: options.env ?? plainEnv,
      input: options.input,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', out, err, ...(options.extraFds ?? [])],
      timeout: options.timeout ?? 20_000,
      killSignal: 'SIGKILL',
    });
    if (result.error && (result.error as NodeJS.ErrnoException).code !== 'ETIMEDOUT') {
      if ((result.error as NodeJS.ErrnoException).code !== 'EPIPE') throw result.error;
    }
    return {
      status: result.status,
      signal: result.signal,
      stdout: readFileSync(outFile, 'utf8'),
      stderr: readFileSync(errFile, 'utf8'),
      command: all.join(' '),
      output: () => readFileSync(`/proc/self/fd/${reader}`, 'utf8'),
    };
  } finally {
    closeSync(out);
    closeSync(err);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs the runtime under test. */
export function call(args: string[], options: CallOptions = {}): CallResult {
  return execute([options.executable ?? runtime, ...args], options);
}
