import { runContainer } from '../../container/commands/run.js';
import type { CommandContext } from '../context.js';
import { createOptionsOf } from './create.js';

/** `run`: returns the exit code of the container's process, or 0 with --detach. */
export function run({ rt, args }: CommandContext): number {
  return runContainer(rt, {
    ...createOptionsOf(args),
    detach: args.flag('detach'),
    keep: args.flag('keep'),
    noSubreaper: args.flag('no-subreaper'),
  });
}
