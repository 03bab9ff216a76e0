import { ENOENT } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import type { ContainerList, ContainerState } from '../options.js';
import type { Runtime } from '../runtime.js';
import { isContainerId } from '../state/container-id.js';
import { containerState } from './state.js';

/** `list`: every container below the root. One whose state can't be read gives an error and doesn't hide the others. */
export function listContainers(rt: Runtime): ContainerList {
  const states: ContainerState[] = [];
  const errors: TsruncError[] = [];
  for (const name of names(rt)) {
    try {
      states.push(containerState(rt, name));
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      // Not a container; or being made, or removed while we look.
      if (error.code !== 'not-found' && error.code !== 'usage') errors.push(error);
    }
  }
  return { states, errors };
}

/** The ids of all containers below the root, whatever became of their state. */
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
