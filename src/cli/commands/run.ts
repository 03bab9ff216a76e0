/** The command `run`. */
import { runContainer } from '../../container/commands/run.js';
import type { CommandContext } from '../context.js';
import { createOptionsOf } from './create.js';

/** `run`: makes and starts a container. Returns the exit code of its process, or with --detach 0. */
export function run({ rt, args }: CommandContext): number {
  return runContainer(rt, {
    ...createOptionsOf(args),
    detach: args.flag('detach'),
    keep: args.flag('keep'),
    noSubreaper: args.flag('no-subreaper'),
  });
}
