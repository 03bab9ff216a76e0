/** Records what descriptors 0, 1 and 2 of a container are, in `checkpoint` for `restore`. */
import { TsruncError } from '../../base/error.js';
import type { Native } from '../../native/native.js';
import { readRegularFile } from '../../native/regular-file.js';
import type { Runtime } from '../runtime.js';
import type { StateFile } from '../state/state-schema.js';

/** The file beside criu's images with the names as a JSON array; runc has the same. */
const FILE = 'descriptors.json';

/**
 * The names of 0, 1 and 2 of a process, as the links in /proc/PID/fd give them: `pipe:[1234]`, a path; '' if not
 * open.
 */
export function stdioNames(native: Native, process: number | 'self'): string[] {
  return [0, 1, 2].map((fd) => {
    try {
      return native.readLink(`/proc/${process}/fd/${fd}`);
    } catch (error) {
      if (error instanceof TsruncError) return '';
      throw error;
    }
  });
}

/** Writes the names of the container's 0, 1 and 2 to the images' directory, so that a restore can replace them. */
export function writeStdioNames(rt: Runtime, images: string, state: StateFile): void {
  const names = state.stdio ?? stdioNames(rt.native, state.pid);
  rt.native.writeAtomic(`${images}/${FILE}`, JSON.stringify(names), 0o600);
}

/**
 * Reads which pipes in the images the descriptors 0, 1 and 2 of criu replace. criu restores terminals and files by
 * itself.
 * @returns for each pipe its name in the images and the descriptor
 * @throws TsruncError 'config' if the file is missing or damaged
 */
export function inheritedPipes(rt: Runtime, images: string): { key: string; fd: number }[] {
  const path = `${images}/${FILE}`;
  const text = readRegularFile(rt.native, path, 1 << 16);
  if (text === null) {
    throw new TsruncError('config', `${path} is missing: ${images} holds no complete checkpoint of a container`, {
      path,
    });
  }
  let names: unknown;
  try {
    names = JSON.parse(text);
  } catch {
    // `names` stays undefined, which is refused below.
  }
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) {
    throw new TsruncError('config', `${path} is damaged: it must be an array of strings`, { path });
  }
  return names.slice(0, 3).flatMap((key, fd) => (key.startsWith('pipe:') ? [{ key, fd }] : []));
}
