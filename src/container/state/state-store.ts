/** Reads, writes and removes the state files of containers. */
import { EACCES, EINTR, EMFILE, ENFILE, ENOENT, ENOMEM, ENOTDIR, EPERM } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { isHolderOf } from '../../cgroup/ownership/holder.js';
import { S_IFDIR, S_IFMT } from '../../native/flags.js';
import type { ProcessId } from '../init/process-id.js';
import type { Runtime } from '../runtime.js';
import { checkContainerId } from './container-id.js';
import { CONFIG_FILE, STATE_FILE, stateDirectory } from './paths.js';
import { READ_VERSIONS, STATE_VERSION, type StateFile, stateProblem } from './state-schema.js';

/** Far above any sensible size of a state file or configuration, in bytes. */
const STATE_LIMIT = 16 << 20;

/** The error for a container that doesn't exist. Callers look for these words. */
export function notFound(id: string): TsruncError {
  return new TsruncError('not-found', `container ${JSON.stringify(id)}: container does not exist`);
}

/** The error for an id that another container has. Callers look for these words. */
export function taken(id: string): TsruncError {
  return new TsruncError('exists', `container ${JSON.stringify(id)}: container with given ID already exists`);
}

/** The path of a container's state file. */
export function stateFile(rt: Runtime, id: string): string {
  return `${stateDirectory(rt, id)}/${STATE_FILE}`;
}

/** Writes state.json through a temporary file and rename(2), so that a reader sees either the old or the new state. */
export function writeState(rt: Runtime, state: StateFile): void {
  rt.native.writeAtomic(stateFile(rt, state.id), JSON.stringify(state), 0o600);
}

/**
 * Removes the state directory, after everything else of the container. state.json goes first: if the removal is
 * interrupted, a directory without it means that no cgroups are left to remove. Another container may have their
 * paths by then.
 */
export function removeState(rt: Runtime, id: string): void {
  try {
    rt.native.unlink(stateFile(rt, id));
  } catch (error) {
    if (!isErrno(error, ENOENT)) throw error;
  }
  rt.native.removeTree(stateDirectory(rt, id));
}

/** Whether there is a state file of that id; it isn't read. */
export function hasState(rt: Runtime, id: string): boolean {
  return rt.native.stat(stateFile(rt, id), false) !== null;
}

/** True if there is a state directory of that id, whatever is in it. */
export function directoryExists(rt: Runtime, id: string): boolean {
  const stat = rt.native.stat(stateDirectory(rt, id), false);
  return stat !== null && (stat.mode & S_IFMT) === S_IFDIR;
}

/**
 * Reads the state of a container.
 * @throws TsruncError 'not-found' if there is none, 'state' if its file is damaged, 'usage' for an invalid id,
 * 'system' if the file can't be read for reasons that say nothing about its content
 */
export function readState(rt: Runtime, id: string): StateFile {
  checkContainerId(id);
  const path = stateFile(rt, id);
  let text: string | null;
  try {
    text = rt.native.readFileIfExists(path, STATE_LIMIT);
  } catch (error) {
    if (isErrno(error, ENOTDIR)) throw notFound(id);
    // These say nothing about the content of the file, so it doesn't count as damaged.
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
  const problem = stateProblem(value) ?? foreignProblem(value as StateFile, id);
  if (problem !== undefined) throw otherVersion(id, path, value) ?? damaged(id, path, problem);
  return value as StateFile;
}

/**
 * What in a state file is another container's. By the mark of its cgroups all of those would pass for this container's, to be frozen,
 * killed and removed.
 */
function foreignProblem(state: StateFile, id: string): string | undefined {
  if (state.id !== id) return '/id names another container';
  const { mark } = state.cgroup;
  if (mark === undefined || isHolderOf(id, mark)) return undefined;
  return '/cgroup/mark names another container';
}

/** The state, or why there is none. Throws TsruncError 'system' if that can't be found out. */
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
 * The process of init in a damaged state file. It is safe to use: by chance, damage wouldn't produce a pid and a
 * start time that fit together.
 * @returns undefined if the file doesn't give it, or is another container's
 */
export function readDamagedState(rt: Runtime, id: string): ProcessId | undefined {
  try {
    const value = JSON.parse(rt.native.readFile(stateFile(rt, id), STATE_LIMIT)) as Record<string, unknown>;
    const { pid, startTime } = value;
    if (value.id !== id || !Number.isSafeInteger(pid) || !Number.isSafeInteger(startTime)) return undefined;
    return { pid: pid as number, startTime: startTime as number };
  } catch (error) {
    if (error instanceof TsruncError || error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The error for the state file of a tsrunc with another layout: it isn't damaged, and its container may be well. */
function otherVersion(id: string, path: string, value: unknown): TsruncError | undefined {
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  if (typeof version !== 'number' || READ_VERSIONS.includes(version)) return undefined;
  const what = `its state file ${path} is of version ${version}; this tsrunc knows version ${STATE_VERSION}`;
  return new TsruncError('state', `container ${JSON.stringify(id)}: ${what}`, {
    path,
    hint: 'use the tsrunc that made the container, or one of its version or newer',
  });
}

function damaged(id: string, path: string, why: string): TsruncError {
  return new TsruncError('state', `container ${JSON.stringify(id)}: its state file ${path} is damaged: ${why}`, {
    path,
    hint: `\`delete --force ${id}\` removes what is left of the container`,
  });
}

/** The text of the configuration as it was at `create`, or as `update` has changed it since. */
export function readConfigCopy(rt: Runtime, id: string): string {
  return rt.native.readFile(`${stateDirectory(rt, id)}/${CONFIG_FILE}`, STATE_LIMIT);
}
