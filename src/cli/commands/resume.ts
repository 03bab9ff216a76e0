/** The command `resume`. */
import { resumeContainer } from '../../container/commands/pause.js';
import type { CommandContext } from '../context.js';

/** `resume`: lets a paused container run again. */
export function resume({ rt, args }: CommandContext): number {
  resumeContainer(rt, args.positionals[0] ?? '');
  return 0;
}
