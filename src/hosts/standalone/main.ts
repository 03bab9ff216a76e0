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
  makeBuiltIns(globalThis, 3);
  for (const iterator of [[].values(), new Map().values(), new Set().values()])
    makeBuiltIns(Object.getPrototypeOf(iterator), 0);
}

/** QuickJS makes each built-in function when it is first asked for, which takes a command longer than the call does. */
function makeBuiltIns(object: object, depth: number): void {
  for (const name of [...Object.getOwnPropertyNames(object), ...Object.getOwnPropertySymbols(object)]) {
    const value: unknown = Object.getOwnPropertyDescriptor(object, name)?.value;
    if (depth > 0 && (typeof value === 'function' || (typeof value === 'object' && value !== null)))
      makeBuiltIns(value, depth - 1);
  }
}

/** Runs the command line `argv` (without the program's name) and returns the exit code. Called once for each process. */
export function run(native: Native, argv: string[], env: Record<string, string>, cwd: string): number {
  return main(argv, env, cwd, native, commands, 'quickjs');
}
