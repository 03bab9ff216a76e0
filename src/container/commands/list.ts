/** The operation `list`. */
import { ENOENT } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import type { ContainerList, ContainerState } from '../options.js';
import type { Runtime } from '../runtime.js';
import { isContainerId } from '../state/container-id.js';
import { containerState } from './state.js';

/**
 * `list`: the states of all containers below the root. If a state can't be read, the result has an error for it
 * beside the others.
 */
export function listContainers(rt: Runtime): ContainerList {
  const states: ContainerState[] = [];
  const errors: TsruncError[] = [];
  for (const name of names(rt)) {
    try {
      states.push(containerState(rt, name));
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      // Not a container, or one that is just being made or removed.
      if (error.code !== 'not-found' && error.code !== 'usage') errors.push(error);
    }
  }
  return { states, errors };
}

/** The ids of all containers below the root, also of those whose state is damaged. */
export function containerIds(rt: Runtime): string[] {
  return names(rt).filter(isContainerId);
}

function names(rt: Runtime): string[] {
  try {
    return rt.native.readDir(rt.root);
  } catch (error) {
    if (isErrno(error, ENOENT)) return [];
    throw error;
  }
}
