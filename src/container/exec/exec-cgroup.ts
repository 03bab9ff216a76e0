/** Decides which cgroups a process of `exec` goes into. */
import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import { parseOwnCgroups } from '../../cgroup/host.js';
import { joinFile } from '../../cgroup/plan/path.js';
import type { Native } from '../../native/native.js';
import type { StateFile } from '../state/state-schema.js';

/**
 * The cgroups of the process: directory of the v2 one for clone3 ('' for none), and files to write to for the v1
 * ones.
 */
export interface ExecCgroup {
  readonly cloneInto: string;
  readonly join: string[];
}

/**
 * The container's cgroups, or the cgroups below them that --cgroup names.
 * @param selections a path for every hierarchy, or `controller[,controller]:path` for some
 * @throws TsruncError 'usage' for a path that leads out of the container's cgroup, for a controller that the
 * container has no cgroup of, and for a hierarchy that is named twice, where the later path would silently win
 */
export function execCgroup(state: StateFile, selections: readonly string[]): ExecCgroup {
  const directories = { ...state.cgroup.paths };
  const named = new Set<string>();
  for (const selection of selections) {
    const [, controllers, path = ''] = /^(?:([^/:]*):)?(.*)$/s.exec(selection) ?? [];
    const below = cleanBelow(path);
    const names =
      controllers === undefined ? Object.keys(directories) : controllers.split(',').map((name) => keyOf(state, name));
    for (const name of new Set(names)) {
      if (named.has(name)) throw new TsruncError('usage', `--cgroup ${quote(selection)}: its hierarchy is named twice`);
      named.add(name);
      directories[name] = `${state.cgroup.paths[name]}${below}`;
    }
  }
  return placed(directories);
}

function placed(directories: Readonly<Record<string, string>>): ExecCgroup {
  const { '': unified = '', ...others } = directories;
  return { cloneInto: unified, join: Object.entries(others).map(([key, directory]) => joinFile(key, directory)) };
}

/** The path below the container's cgroup in the form `/a/b`, '' for that cgroup itself. */
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
 * The directory of the v2 cgroup that init is in now. A container that manages cgroups itself (an init system) moves
 * its processes to cgroups below its own, which can't hold processes any more then (cgroup-v2.rst, "No Internal
 * Process Constraint").
 * @returns undefined if the container has no v2 cgroup, or init isn't below it
 */
export function cgroupOfInit(native: Native, state: StateFile): string | undefined {
  const own = state.cgroup.paths[''];
  const current = parseOwnCgroups(native.readFile(`/proc/${state.pid}/cgroup`, 1 << 20)).get('');
  if (own === undefined || current === undefined) return undefined;
  // The two paths may start at different roots, so the container's directory is found in init's path by its name.
  const name = own.slice(own.lastIndexOf('/'));
  const at = current.lastIndexOf(`${name}/`);
  return at < 0 ? undefined : own + current.slice(at + name.length);
}

/**
 * True for a v2 cgroup that no process can join: one that enables controllers for cgroups below it, or a threaded
 * one.
 */
export function isInner(native: Native, directory: string): boolean {
  if (directory === '') return false;
  const word = (name: string): string => native.readFileIfExists(`${directory}/${name}`, 4096)?.trim() ?? '';
  return word('cgroup.subtree_control') !== '' || word('cgroup.type') === 'threaded';
}
