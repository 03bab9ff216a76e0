/** What bin/tsrunc-node runs on Node.js: the command line with the addon. Loading anything else would make every command slower. */
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

/** Prefix that the launcher (addon/launcher) gives to the caller's variables that Node.js would obey, such as NODE_OPTIONS. */
const HIDDEN = 'TSRUNC_CALLER_';

/** The caller's environment: hidden variables have their own names again, and the launcher's variable, which the addon reads, is gone. */
function environment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (name === 'TSRUNC_CALLER' || value === undefined) continue;
    env[name.startsWith(HIDDEN) ? name.slice(HIDDEN.length) : name] = value;
  }
  return env;
}

/** The working directory, or `/` when it was removed: commands that use no relative path work all the same. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

/**
 * Runs the command line `argv` (without the program's name), and ends the process.
 * @param commands the code of each command, by name. A bundle holds only the one that is called (scripts/bundle.mjs).
 * @param exit is called with the exit code, and the process goes on: the build runs several command lines in one process.
 */
export function run(
  argv: readonly string[],
  commands: Readonly<Record<string, Command>>,
  exit?: (code: number) => void,
): void {
  const native = load();
  const code = main(argv, environment(), workingDirectory(), native, commands, `Node.js ${process.version}`);
  // Nothing is pending, and the shutdown of Node.js in process.exit takes time, for each of the several commands of a container.
  (exit ?? native.exit)(code);
}
