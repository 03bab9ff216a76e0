/** Writes the file of --pid-file. */
import { forOption } from '../commands/for-option.js';
import type { Runtime } from '../runtime.js';
import { absolutePath } from '../state/paths.js';

/**
 * Writes the pid as digits only, since callers convert the whole file, and atomically, since they may wait for it to
 * appear.
 */
export function writePidFile(rt: Runtime, path: string | undefined, pid: number): void {
  if (path === undefined) return;
  forOption('--pid-file', path, () => rt.native.writeAtomic(absolutePath(rt, path), String(pid), 0o644));
}
