import { deleteContainer } from '../../container/commands/delete.js';
import { forMatching } from '../../container/commands/matching.js';
import type { CommandContext } from '../context.js';

// By the command's name, a reserved word: a bundle of scripts/bundle.mjs imports each command so.
export { deleteCommand as delete };

/** `delete`: removes all that a stopped container (with --force: any) holds; with --regex of all that match. */
function deleteCommand({ rt, args }: CommandContext): number {
  const [id = ''] = args.positionals;
  const force = args.flag('force');
  if (args.flag('regex')) forMatching(rt, id, (one) => deleteContainer(rt, one, force));
  else deleteContainer(rt, id, force);
  return 0;
}
