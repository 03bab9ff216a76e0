/** The command `pause`. */
import { pauseContainer } from '../../container/commands/pause.js';
import type { CommandContext } from '../context.js';

/** `pause`: stops every process of a container until `resume`. */
export function pause({ rt, args }: CommandContext): number {
  pauseContainer(rt, args.positionals[0] ?? '');
  return 0;
}
