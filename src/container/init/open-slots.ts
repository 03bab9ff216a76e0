/** Opens the descriptors that are sent to init with a plan. */
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

/** What the descriptors of a plan are opened from. */
export interface SlotContext {
  /** The state directory, which has the fifos. */
  readonly directory: string;
  /** pidfd of the container's init, for `exec` and helpers. */
  readonly pidfd?: number;
  /** Its pid. */
  readonly pid?: number;
}

/**
 * Opens the descriptors for the slots of a plan or a part of it. Namespaces have to be of the right type.
 * @returns the descriptors in the order of part.slots; the caller closes them with closeSlots when they are sent
 * @throws TsruncError with the pointer of the field that asks for the descriptor
 */
export function openSlots(rt: Runtime, part: PlanPart, context: SlotContext): number[] {
  const opened: number[] = [];
  try {
    for (const source of part.slots) {
      opened.push(atField(source.pointer, () => openSlot(rt, part, source, context)));
    }
  } catch (error) {
    closeSlots(rt, opened, context);
    throw error;
  }
  return opened;
}

/** Closes what openSlots opened; not context.pidfd, which belongs to the caller, nor what the trace keeps. */
export function closeSlots(rt: Runtime, slots: readonly number[], context: SlotContext): void {
  for (const fd of slots) if (fd !== context.pidfd && !rt.trace?.keeps(fd)) rt.native.close(fd);
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
      return rt.native.open(`${context.directory}/${START_FIFO}`, O_RDWR, 0);
    case 'status-fifo':
      return rt.native.open(`${context.directory}/${STATUS_FIFO}`, O_RDWR, 0);
    case 'step-times':
      if (rt.trace === undefined) throw new TsruncError('internal', 'a plan with times, and nobody who wants them');
      return rt.trace.stepTimes();
    case 'hook-file':
      return openHookFile(rt, source.stream, source.path);
    case 'container-pidfd':
      if (context.pidfd === undefined) throw new TsruncError('internal', 'a plan without a container wants its pidfd');
      return context.pidfd;
    case 'container-root':
      return openRoot(rt, context);
  }
}

/**
 * Opens the root of init through /proc/PID. If the process of the pidfd still exists afterwards, the pid wasn't
 * reused, so it is the right root.
 */
function openRoot(rt: Runtime, { pid, pidfd }: SlotContext): number {
  if (pid === undefined || pidfd === undefined)
    throw new TsruncError('internal', 'a plan without a container wants its root');
  const root = rt.native.open(`/proc/${pid}/root`, O_PATH | O_DIRECTORY, 0);
  if (rt.native.poll([pidfd], [POLLIN], 0)[0] === 0) return root;
  rt.native.close(root);
  throw new TsruncError('state', 'cannot exec in a stopped container');
}

/** The name of a namespace type with its article, for messages: "an ipc", "a network". */
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
