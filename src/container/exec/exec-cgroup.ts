import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import { parseOwnCgroups } from '../../cgroup/host.js';
import { joinFile } from '../../cgroup/plan/path.js';
import type { Native } from '../../native/native.js';
import type { StateFile } from '../state/state-schema.js';

/** Where exec's process goes: a folder for clone3, and files by which it enters the others. */
export interface ExecCgroup {
  readonly cloneInto: string;
  readonly join: string[];
}

/**
 * The cgroups of the container, or those below them that --cgroup names: a path for every hierarchy, or
 * `controller[,controller]:path` for some.
 * @throws TsruncError 'usage' for a path that leads out of the container's cgroup, a controller that there isn't, and a
 *   hierarchy that is named twice: the later one would undo the earlier.
 */
export function execCgroup(state: StateFile, selections: readonly string[]): ExecCgroup {
  const folders = { ...state.cgroup.paths };
  const named = new Set<string>();
  for (const selection of selections) {
    const [, controllers, path = ''] = /^(?:([^/:]*):)?(.*)$/s.exec(selection) ?? [];
    const below = cleanBelow(path);
    const names =
      controllers === undefined ? Object.keys(folders) : controllers.split(',').map((name) => keyOf(state, name));
    for (const name of new Set(names)) {
      if (named.has(name)) throw new TsruncError('usage', `--cgroup ${quote(selection)}: its hierarchy is named twice`);
      named.add(name);
      folders[name] = `${state.cgroup.paths[name]}${below}`;
    }
  }
  return placed(folders);
}

function placed(folders: Readonly<Record<string, string>>): ExecCgroup {
  const { '': unified = '', ...others } = folders;
  return { cloneInto: unified, join: Object.entries(others).map(([key, folder]) => joinFile(key, folder)) };
}

/** '/a/b' of a relative or absolute path below the container's cgroup, '' for the cgroup itself. */
function cleanBelow(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..')
      throw new TsruncError('usage', `--cgroup ${path}: a path below the container's cgroup has no ..`);
    parts.push(part);
  }
  return parts.map((part) => `/${part}`).join('');
}

function keyOf(state: StateFile, controller: string): string {
  const key = Object.keys(state.cgroup.paths).find((names) => names.split(',').includes(controller));
  if (key !== undefined) return key;
  throw new TsruncError('usage', `--cgroup: the container has no cgroup of the controller ${controller}`);
}

/**
 * The v2 cgroup that init is in now. A container that manages cgroups itself (an init system) moves its processes to cgroups below
 * its own, which then takes none any more: "no internal processes" in cgroup-v2.rst.
 */
export function cgroupOfInit(native: Native, state: StateFile): string | undefined {
  const own = state.cgroup.paths[''];
  const current = parseOwnCgroups(native.readFile(`/proc/${state.pid}/cgroup`, 1 << 20)).get('');
  if (own === undefined || current === undefined) return undefined;
  // The container's own folder is known by its name; what init's path has behind that name is below it.
  const name = own.slice(own.lastIndexOf('/'));
  const at = current.lastIndexOf(`${name}/`);
  return at < 0 ? undefined : own + current.slice(at + name.length);
}

/** True for a v2 cgroup that takes no process: one with controllers in cgroups below it, or a threaded one. */
export function isInner(native: Native, folder: string): boolean {
  if (folder === '') return false;
  const word = (name: string): string => native.readFileIfExists(`${folder}/${name}`, 4096)?.trim() ?? '';
  return word('cgroup.subtree_control') !== '' || word('cgroup.type') === 'threaded';
}
