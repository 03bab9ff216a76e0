import { EACCES, EEXIST, EMFILE, ENFILE, ENOENT, ENOMEM, ENOTDIR } from '../errno.js';
import { isErrno, TsruncError } from '../error.js';
import { S_IFDIR, S_IFMT, S_ISVTX } from '../native/flags.js';
import { checkRoot } from './check-root.js';
import { checkContainerId } from './container-id.js';
import { CONFIG_FILE, STATE_FILE, stateFolder } from './paths.js';
import type { Runtime } from './runtime.js';
import { stateProblem } from './state-check.js';
import type { StateFile } from './state-schema.js';

/** Far above what a state file or a configuration can sensibly be. */
const STATE_LIMIT = 16 << 20;

export function notFound(id: string): TsruncError {
  return new TsruncError('not-found', `container ${JSON.stringify(id)}: container does not exist`);
}

export function taken(id: string): TsruncError {
  return new TsruncError('exists', `container ${JSON.stringify(id)}: container with given ID already exists`);
}

/**
 * Makes the state folder of a new container, and the root folder where it is missing. mkdir(2) of the folder is the one
 * atomic claim of the id.
 * @throws TsruncError 'usage' for an id that is none, or a root that can't be one; 'exists' when it is taken; 'system' otherwise.
 */
export function claimFolder(rt: Runtime, id: string): void {
  checkContainerId(id);
  checkRoot(rt);
  if (makeFolder(rt, id)) return;
  makeRoot(rt);
  if (!makeFolder(rt, id))
    throw new TsruncError('system', `--root ${rt.root} was removed meanwhile`, { errno: ENOENT });
}

/** False without a root to make it in. */
function makeFolder(rt: Runtime, id: string): boolean {
  try {
    rt.native.mkdir(stateFolder(rt, id), 0o711);
    return true;
  } catch (error) {
    if (isErrno(error, EEXIST)) throw taken(id);
    if (isErrno(error, ENOENT)) return false;
    throw error;
  }
}

/** mkdir -p of the root, 0700. Below $XDG_RUNTIME_DIR it gets the sticky bit: cleaners of that folder leave such files alone. */
function makeRoot(rt: Runtime): void {
  const parts = rt.root.split('/').filter((part) => part !== '');
  let path = '';
  for (const part of parts) {
    path += `/${part}`;
    if (rt.native.stat(path, true) !== null) continue;
    try {
      rt.native.mkdir(path, 0o700);
    } catch (error) {
      if (!isErrno(error, EEXIST)) throw error;
    }
  }
  const runtimeFolder = rt.env.XDG_RUNTIME_DIR;
  if (runtimeFolder && rt.root.startsWith(`${runtimeFolder}/`)) rt.native.chmod(rt.root, S_ISVTX | 0o700);
}

/** Writes state.json, by a temporary file and rename(2): whoever reads it sees the old one or the new one. */
export function writeState(rt: Runtime, state: StateFile): void {
  rt.native.writeAtomic(`${stateFolder(rt, state.id)}/${STATE_FILE}`, JSON.stringify(state), 0o600);
}

/**
 * Removes the state folder, when all else of the container is gone. state.json goes first: what is left when that is cut short
 * says that there are no cgroups to remove any more, which another container may have by then.
 */
export function removeState(rt: Runtime, id: string): void {
  const folder = stateFolder(rt, id);
  try {
    rt.native.unlink(`${folder}/${STATE_FILE}`);
  } catch (error) {
    if (!isErrno(error, ENOENT)) throw error;
  }
  rt.native.removeTree(folder);
}

/** Whether the container has its state file still. */
export function hasState(rt: Runtime, id: string): boolean {
  return rt.native.stat(`${stateFolder(rt, id)}/${STATE_FILE}`, false) !== null;
}

/** True when there is a folder of that id, whatever is in it. */
export function folderExists(rt: Runtime, id: string): boolean {
  const stat = rt.native.stat(stateFolder(rt, id), false);
  return stat !== null && (stat.mode & S_IFMT) === S_IFDIR;
}

/**
 * Reads the state of a container.
 * @throws TsruncError 'not-found' when there is none, 'state' when its file is damaged, 'usage' for an id that is none.
 */
export function readState(rt: Runtime, id: string): StateFile {
  checkContainerId(id);
  const path = `${stateFolder(rt, id)}/${STATE_FILE}`;
  let text: string | null;
  try {
    text = rt.native.readFileIfExists(path, STATE_LIMIT);
  } catch (error) {
    if (isErrno(error, ENOTDIR)) throw notFound(id);
    // Nothing is known about the file then.
    if (isErrno(error, EACCES, EMFILE, ENFILE, ENOMEM)) throw error;
    throw damaged(id, path, (error as Error).message);
  }
  if (text === null) throw notFound(id);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(id, path, (error as Error).message);
  }
  const problem = stateProblem(value) ?? ((value as StateFile).id === id ? undefined : '/id names another container');
  if (problem !== undefined) throw damaged(id, path, problem);
  return value as StateFile;
}

function damaged(id: string, path: string, why: string): TsruncError {
  return new TsruncError('state', `container ${JSON.stringify(id)}: its state file ${path} is damaged: ${why}`, {
    path,
    hint: `\`delete --force ${id}\` removes what is left of the container`,
  });
}

/** The text of the configuration as it was at `create`. */
export function readConfigCopy(rt: Runtime, id: string): string {
  return rt.native.readFile(`${stateFolder(rt, id)}/${CONFIG_FILE}`, STATE_LIMIT);
}
