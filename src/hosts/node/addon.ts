/** Loads the native half for Node.js: tsrunc.node. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TsruncError } from '../../base/error.js';
import type { Native } from '../../native/native.js';
import { addonPath } from './platform-package.js';

/** What the addon exports: Native, and what only this host needs. */
export interface Addon extends Native {
  /** Registers the function that makes the error of a failed system call. */
  setErrorFactory(factory: (syscall: string, errno: number, path: string, remark: string) => Error): void;
  /** Ends the process with this code at once: Node.js and V8 are not shut down, and no exit handlers are called. */
  exit(code: number): never;
}

/**
 * The addon. It is looked for beside this file (that is, beside the bundle of the command line), in the clone, and in the package
 * for this machine's architecture.
 * @throws TsruncError `unsupported` when it is missing, or can't be loaded: on a machine with an older or another C library.
 */
export function loadAddon(): Addon {
  const beside = `${import.meta.dirname ?? fileURLToPath(new URL('.', import.meta.url))}/tsrunc.node`;
  const file = existsSync(beside) ? beside : addonPath();
  const module: { exports: unknown } = { exports: {} };
  try {
    // Not require(): this file runs as an ES module, which has none, and in the bundle as CommonJS.
    process.dlopen(module, file);
  } catch (error) {
    // The dynamic loader's words name the symbol or library that is missing.
    const remark = (error as Error).message;
    throw new TsruncError('unsupported', `the native half can't be loaded into Node.js ${process.version}: ${remark}`);
  }
  return module.exports as Addon;
}
