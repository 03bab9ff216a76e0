/** What the standalone executable runs (addon/bindings/quickjs.cc calls it): the command line over the linked-in native half. */
import { main } from '../../cli/main.js';
import type { Native } from '../native.js';
import { systemError } from '../system-error.js';

interface LinkedNative extends Native {
  setErrorFactory(factory: (syscall: string, errno: number, path: string) => Error): void;
}

/** Runs one command line; returns the exit code. */
export function run(native: LinkedNative, argv: string[], env: Record<string, string>, cwd: string): number {
  native.setErrorFactory(systemError);
  return main(argv, env, cwd, native, 'quickjs');
}
