/** The command `state`. */
import { containerState } from '../../container/commands/state.js';
import type { ContainerState } from '../../container/options.js';
import type { CommandContext } from '../context.js';

/** `state`: prints the state of a container as JSON (runtime.md, State). */
export function state({ rt, args, print }: CommandContext): number {
  // runc leaves the owner empty here and fills it in `list`.
  print(`${JSON.stringify(stateDocument(containerState(rt, args.positionals[0] ?? ''), ''), null, 2)}\n`);
  return 0;
}

/** A state as runc prints it: with its keys in its order, and annotations only if there are any. owner is the name of a user. */
export function stateDocument(state: ContainerState, owner: string): Record<string, unknown> {
  const { ociVersion, id, pid, status, bundle, rootfs, created, annotations } = state;
  return {
    ociVersion,
    id,
    pid,
    status,
    bundle,
    rootfs,
    created,
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    owner,
  };
}
