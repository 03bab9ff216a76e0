/** What the standalone executable runs (addon/bindings/quickjs.cc calls it): the command line over the linked-in native half. */
import { deviceFilter } from '../../cgroup/plan/device-filter.js';
import { commands } from '../../cli/commands.js';
import { main } from '../../cli/main.js';
import type { Native } from '../../native/native.js';
import { systemError } from '../../native/system-error.js';

interface LinkedNative extends Native {
  setErrorFactory(factory: (syscall: string, errno: number, path: string) => Error): void;
}

/** Runs at build time, before the heap is made a part of the executable. */
export function prepare(native: LinkedNative): void {
  native.setErrorFactory(systemError);
  deviceFilter([]);
}

/** Runs one command line; returns the exit code. */
export function run(native: Native, argv: string[], env: Record<string, string>, cwd: string): number {
  return main(argv, env, cwd, native, commands, 'quickjs');
}
