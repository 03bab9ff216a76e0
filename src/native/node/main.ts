/** What bin/tsrunc runs on Node.js: the command line over the addon, and nothing that takes time. */
import { writeSync } from 'node:fs';
import { main } from '../../cli/main.js';
import type { Native } from '../native.js';
import { nodeNative } from './host.js';

/** Without the teardown of process.exit: nothing is pending, and every millisecond is paid several times a container. */
const { reallyExit } = process as unknown as { reallyExit(code: number): never };

function load(): Native {
  try {
    return nodeNative();
  } catch (error) {
    writeSync(2, `tsrunc: ${(error as Error).message}\n`);
    return reallyExit.call(process, 1);
  }
}

/** The caller's environment: without the launcher's own variable (addon/launcher), which native read already. */
function environment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (name !== 'TSRUNC_CALLER' && value !== undefined) env[name] = value;
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

const native = load();
const host = `Node.js ${process.version}`;
reallyExit.call(process, main(process.argv.slice(2), environment(), workingDirectory(), native, host));
