/** What bin/tsrunc-node runs on Node.js: the command line over the addon, and nothing that takes time. */
import { writeSync } from 'node:fs';
import type { Command } from '../../cli/context.js';
import { main } from '../../cli/main.js';
import type { Addon } from './addon.js';
import { nodeNative } from './host.js';

function load(): Addon {
  try {
    return nodeNative();
  } catch (error) {
    writeSync(2, `tsrunc: ${(error as Error).message}\n`);
    return process.exit(1);
  }
}

/** What the launcher (addon/launcher) puts before the names of variables that Node would obey. */
const HIDDEN = 'TSRUNC_CALLER_';

/** The caller's environment: without the launcher's own variable, which native read already. */
function environment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (name === 'TSRUNC_CALLER' || value === undefined) continue;
    env[name.startsWith(HIDDEN) ? name.slice(HIDDEN.length) : name] = value;
  }
  return env;
}

/** The working directory; / where it was removed, so that commands without relative paths go on. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

/**
 * Runs the command line `argv` (without the program's name), and ends the process.
 * @param commands the code of the commands, by name: of all, or of the one that is called (scripts/bundle.mjs).
 * @param exit for the build, which runs several command lines: called with the exit code instead of ending.
 */
export function run(
  argv: readonly string[],
  commands: Readonly<Record<string, Command>>,
  exit?: (code: number) => void,
): void {
  const native = load();
  const code = main(argv, environment(), workingDirectory(), native, commands, `Node.js ${process.version}`);
  // Nothing is pending, and the teardown of process.exit would be paid several times a container.
  (exit ?? native.exit)(code);
}
