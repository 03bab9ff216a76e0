/** The command `start`. */
import { startContainer } from '../../container/commands/start.js';
import type { CommandContext } from '../context.js';

/** `start`: lets the process of a created container run. */
export function start({ rt, args }: CommandContext): number {
  startContainer(rt, args.positionals[0] ?? '');
  return 0;
}
