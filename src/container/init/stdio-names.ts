import { TsruncError } from '../../base/error.js';
import type { Native } from '../../native/native.js';
import { readRegularFile } from '../../native/regular-file.js';
import type { Runtime } from '../runtime.js';
import type { StateFile } from '../state/state-schema.js';

/** Beside criu's images, as runc has it: what 0, 1 and 2 of the container were, as a JSON array. */
const FILE = 'descriptors.json';

/** What 0, 1 and 2 of a process are: `pipe:[1234]`, a path, or '' where it has none. */
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

/** Writes down what the container got for its 0, 1 and 2: a restore gives it other ones in their place. */
export function writeStdioNames(rt: Runtime, images: string, state: StateFile): void {
  const names = state.stdio ?? stdioNames(rt.native, state.pid);
  rt.native.writeAtomic(`${images}/${FILE}`, JSON.stringify(names), 0o600);
}

/**
 * Which of criu's descriptors stand for which pipes of the images. A terminal or a file comes back by itself.
 * @throws TsruncError 'config' when the file is missing or is none of ours.
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
    // Said below.
  }
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) {
    throw new TsruncError('config', `${path} is damaged: it must be an array of strings`, { path });
  }
  return names.slice(0, 3).flatMap((key, fd) => (key.startsWith('pipe:') ? [{ key, fd }] : []));
}
