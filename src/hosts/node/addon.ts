/** Finds and loads build/Release/tsrunc.node. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Native } from '../../native/native.js';

export interface Addon extends Native {
  /** Registers the function that makes the error of a failed system call. */
  setErrorFactory(factory: (syscall: string, errno: number, path: string) => Error): void;
  /** Ends the process with this code at once: nothing of Node.js or V8 is taken apart, nothing registered is called. */
  exit(code: number): never;
}

/**
 * The addon, from beside the bundle, or from build/Release seen from dist/native/node and from build/test/src/native/node.
 * @throws Error when it was not built or doesn't load in this Node.
 */
export function loadAddon(): Addon {
  const here = import.meta.dirname ?? fileURLToPath(new URL('.', import.meta.url));
  const places = ['.', '../../../build/Release', '../../../../Release'].map((place) => `${here}/${place}/tsrunc.node`);
  const file = places.find((place) => existsSync(place));
  if (!file) throw new Error(`the native half is missing: no ${places[0]} (npm run build makes it)`);
  const module: { exports: unknown } = { exports: {} };
  // Not require: this file runs as an ES module and, bundled, as CommonJS.
  process.dlopen(module, file);
  return module.exports as Addon;
}
