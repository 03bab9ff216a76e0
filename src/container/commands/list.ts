/** The operation `list`. */
import { ENOENT } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import type { ContainerList, ContainerState } from '../options.js';
import type { Runtime } from '../runtime.js';
import { isContainerId } from '../state/container-id.js';
import type { StateFile } from '../state/state-schema.js';
import { readState, stateFile } from '../state/state-store.js';
import { statusFiles } from '../state/status.js';
import { containerState, describeState } from './state.js';

/** With this many containers or more, files are read ahead. */
const many = 64;
/** How many containers further on state files are read than processes looked at. Three files of each have room in addon/core/read-ahead.cc. */
const ahead = 12;

/**
 * `list`: the states of all containers below the root. If a state can't be read, the result has an error for it
 * beside the others.
 */
export function listContainers(rt: Runtime): ContainerList {
  const { native } = rt;
  const states: ContainerState[] = [];
  const errors: TsruncError[] = [];
  const attempt = <T>(act: () => T): T | undefined => {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      // Not a container, or one that is just being made or removed.
      if (error.code !== 'not-found' && error.code !== 'usage') errors.push(error);
      return undefined;
    }
  };
  const ids = names(rt);
  const between = ids.length < many ? 0 : ahead;
  // Read, but not yet looked at. In this order files are asked for as well, so that they are read in the order in which they are needed.
  const waiting: (StateFile | undefined)[] = [];
  const describe = (state: StateFile): ContainerState => {
    const found = describeState(rt, state);
    // It may have been made, or removed and made anew, since its file was read.
    return between > 0 && found.status === 'stopped' ? containerState(rt, state.id) : found;
  };
  const describeNext = (): void => {
    const state = waiting.shift();
    const found = state && attempt(() => describe(state));
    if (found !== undefined) states.push(found);
  };
  try {
    if (between > 0) native.readAhead(ids.slice(0, between).map((id) => stateFile(rt, id)));
    for (let i = 0; i < ids.length; i++) {
      const state = attempt(() => readState(rt, ids[i]!));
      waiting.push(state);
      if (between > 0) {
        const files = i + between < ids.length ? [stateFile(rt, ids[i + between]!)] : [];
        if (state !== undefined) files.push(...statusFiles(state));
        native.readAhead(files);
      }
      if (waiting.length > between) describeNext();
    }
    while (waiting.length > 0) describeNext();
  } finally {
    if (between > 0) native.endReadAhead();
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
