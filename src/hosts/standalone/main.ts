/**
 * What the standalone executable runs: the command line with the native code that is linked into it. addon/bindings/quickjs.cc
 * calls these functions.
 */
import { deviceFilter } from '../../cgroup/plan/device-filter.js';
import { commands } from '../../cli/commands.js';
import { main } from '../../cli/main.js';
import type { Native } from '../../native/native.js';
import { systemError } from '../../native/system-error.js';

interface LinkedNative extends Native {
  setErrorFactory(factory: (syscall: string, errno: number, path: string, remark: string) => Error): void;
}

/**
 * Runs once, at build time. The heap as it is afterwards becomes part of the executable (addon/bindings/snapshot.h), so what is done
 * here takes no time when a command runs.
 */
export function prepare(native: LinkedNative): void {
  native.setErrorFactory(systemError);
  deviceFilter([]);
}

/** Runs the command line `argv` (without the program's name) and returns the exit code. Called once for each process. */
export function run(native: Native, argv: string[], env: Record<string, string>, cwd: string): number {
  return main(argv, env, cwd, native, commands, 'quickjs');
}
