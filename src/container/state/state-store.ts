import { EACCES, EINTR, EMFILE, ENFILE, ENOENT, ENOMEM, ENOTDIR, EPERM } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { S_IFDIR, S_IFMT } from '../../native/flags.js';
import type { ProcessId } from '../init/alive.js';
import type { Runtime } from '../runtime.js';
import { checkContainerId } from './container-id.js';
import { CONFIG_FILE, STATE_FILE, stateFolder } from './paths.js';
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
    if (isErrno(error, EACCES, EINTR, EMFILE, ENFILE, ENOMEM, EPERM)) throw error;
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

/** The state, or what is wrong with its file. Throws TsruncError 'system' when nothing can be told of it. */
export function readIfSound(rt: Runtime, id: string): StateFile | 'missing' | 'damaged' {
  try {
    return readState(rt, id);
  } catch (error) {
    if (error instanceof TsruncError && error.code === 'not-found') return 'missing';
    if (error instanceof TsruncError && error.code === 'state') return 'damaged';
    throw error;
  }
}

/**
 * What a damaged state file still tells of init: pid and start time name a process for good, which no damage would by chance.
 * @returns undefined when the file tells nothing, or is another container's
 */
export function readDamagedState(rt: Runtime, id: string): ProcessId | undefined {
  try {
    const value = JSON.parse(rt.native.readFile(`${stateFolder(rt, id)}/${STATE_FILE}`, STATE_LIMIT)) as Record<
      string,
      unknown
    >;
    const { pid, startTime } = value;
    if (value.id !== id || !Number.isSafeInteger(pid) || !Number.isSafeInteger(startTime)) return undefined;
    return { pid: pid as number, startTime: startTime as number };
  } catch (error) {
    if (error instanceof TsruncError || error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
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
