import type { Runtime } from '../runtime.js';

/** A path of the command line as an absolute one: relative ones count from the caller's working directory. */
export function absolutePath(rt: Runtime, path: string): string {
  if (path.startsWith('/')) return path;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return rt.cwd === '/' ? `/${parts.join('/')}` : [rt.cwd, ...parts].join('/');
}

/** The state folder of a container. */
export function stateFolder(rt: Pick<Runtime, 'root'>, id: string): string {
  return `${rt.root}/${id}`;
}

/** Names of what a state folder holds. */
export const STATE_FILE = 'state.json';
/** The text of the configuration as it was at `create`. */
export const CONFIG_FILE = 'config.json';
/** init waits on it for a byte from `start`. */
export const START_FIFO = 'start.fifo';
/** init reports what goes wrong after `start` on it. */
export const STATUS_FIFO = 'status.fifo';
/** Holds the socket that the container sees as NOTIFY_SOCKET. */
export const NOTIFY_FOLDER = 'notify';
/** Where criu finds the root file system of a container that it restores. */
export const CRIU_ROOT = 'criu-root';
