import { ENOTTY } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { namespaceTypes } from '../../config/namespace-types.js';
import { O_DIRECTORY, O_PATH, O_RDONLY, O_RDWR, POLLIN } from '../../native/flags.js';
import type { PlanPart, SlotSource } from '../../plan/plan.js';
import { refuseOwnNamespace } from '../creation/own-namespace.js';
import { atField } from '../error-location.js';
import type { Runtime } from '../runtime.js';
import { START_FIFO, STATUS_FIFO } from '../state/paths.js';
import { openHookFile } from './hook-output.js';

/** Where the descriptors of a plan come from. */
export interface SlotContext {
  /** State folder, for the fifos. */
  readonly folder: string;
  /** pidfd of the container's init, for exec. */
  readonly pidfd?: number;
  /** Its pid. */
  readonly pid?: number;
}

/**
 * Opens the descriptors that a plan or a part of it wants init to find in its slots, and checks that namespaces are of the
 * right type.
 * @returns them in the order of part.slots; the caller closes them after the spawn (but for context.pidfd).
 * @throws TsruncError naming the field that asked for the descriptor.
 */
export function openSlots(rt: Runtime, part: PlanPart, context: SlotContext): number[] {
  const opened: number[] = [];
  try {
    for (const source of part.slots) {
      opened.push(atField(source.from, () => openSlot(rt, part, source, context)));
    }
  } catch (error) {
    closeSlots(rt, opened, context);
    throw error;
  }
  return opened;
}

/** Closes what openSlots opened. */
export function closeSlots(rt: Runtime, slots: readonly number[], context: SlotContext): void {
  for (const fd of slots) if (fd !== context.pidfd) rt.native.close(fd);
}

function openSlot(rt: Runtime, part: PlanPart, source: SlotSource, context: SlotContext): number {
  switch (source.kind) {
    case 'namespace': {
      const fd = openNamespace(rt, source.path, source.type);
      try {
        refuseOwnNamespace(rt.native, part, fd, source);
      } catch (error) {
        rt.native.close(fd);
        throw error;
      }
      return fd;
    }
    case 'user-namespace':
      return rt.native.userNamespace(source.uidMap, source.gidMap);
    case 'start-fifo':
      return rt.native.open(`${context.folder}/${START_FIFO}`, O_RDWR, 0);
    case 'status-fifo':
      return rt.native.open(`${context.folder}/${STATUS_FIFO}`, O_RDWR, 0);
    case 'hook-file':
      return openHookFile(rt, source.stream, source.path);
    case 'container-pidfd':
      if (context.pidfd === undefined) throw new TsruncError('internal', 'a plan without a container wants its pidfd');
      return context.pidfd;
    case 'container-root':
      return openRoot(rt, context);
  }
}

/** The root of init by /proc/PID: the process of the pidfd is still there afterwards, so that the pid was its own. */
function openRoot(rt: Runtime, { pid, pidfd }: SlotContext): number {
  if (pid === undefined || pidfd === undefined)
    throw new TsruncError('internal', 'a plan without a container wants its root');
  const root = rt.native.open(`/proc/${pid}/root`, O_PATH | O_DIRECTORY, 0);
  if (rt.native.poll([pidfd], [POLLIN], 0)[0] === 0) return root;
  rt.native.close(root);
  throw new TsruncError('state', 'cannot exec in a stopped container');
}

/** "an ipc", "a network": a type as a message names it. */
function withArticle(flag: number): string {
  const [name] = Object.entries(namespaceTypes).find(([, type]) => type.flag === flag) ?? [`(0x${flag.toString(16)})`];
  return name === 'ipc' ? `an ${name}` : `a ${name}`;
}

function openNamespace(rt: Runtime, path: string, type: number): number {
  const fd = rt.native.open(path, O_RDONLY, 0);
  let found: number;
  try {
    found = rt.native.namespaceType(fd);
  } catch (error) {
    rt.native.close(fd);
    if (!isErrno(error, ENOTTY)) throw error;
    throw new TsruncError('config', `${path} is not a namespace`, { path });
  }
  if (found === type) return fd;
  rt.native.close(fd);
  throw new TsruncError('config', `${path} is a namespace of another type`, {
    path,
    hint: `it is ${withArticle(found)} namespace, ${withArticle(type)} one is wanted`,
  });
}
