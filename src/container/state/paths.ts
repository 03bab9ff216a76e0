/** Paths of the command line, and of files in state directories. */
import type { Runtime } from '../runtime.js';

/** Makes a path from the command line absolute; a relative one starts at the caller's working directory. */
export function absolutePath(rt: Runtime, path: string): string {
  if (path.startsWith('/')) return path;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return rt.cwd === '/' ? `/${parts.join('/')}` : [rt.cwd, ...parts].join('/');
}

/** The absolute path of a container's state directory. */
export function stateDirectory(rt: Pick<Runtime, 'root'>, id: string): string {
  return `${rt.root}/${id}`;
}

/** The state file; this and the following are names in a state directory. */
export const STATE_FILE = 'state.json';
/** The text of the configuration as it was at `create`. */
export const CONFIG_FILE = 'config.json';
/** Init reads a byte from it that `start` writes. */
export const START_FIFO = 'start.fifo';
/** Init reports errors on it after `start`. */
export const STATUS_FIFO = 'status.fifo';
/** The directory with the socket that is NOTIFY_SOCKET in the container. */
export const NOTIFY_DIRECTORY = 'notify';
/** The directory at which criu finds the root file system of a container that it restores. */
export const CRIU_ROOT = 'criu-root';
