import { forOption } from '../commands/for-option.js';
import type { Runtime } from '../runtime.js';
import { absolutePath } from '../state/paths.js';

/** Writes the pid as bare digits (callers convert the whole file), by a temporary file: they may watch for its name. */
export function writePidFile(rt: Runtime, path: string | undefined, pid: number): void {
  if (path === undefined) return;
  forOption('--pid-file', path, () => rt.native.writeAtomic(absolutePath(rt, path), String(pid), 0o644));
}
