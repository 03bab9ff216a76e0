/** The command `delete`. */
import { deleteContainer } from '../../container/commands/delete.js';
import { forMatching } from '../../container/commands/matching.js';
import type { CommandContext } from '../context.js';

// Exported under the command's name, as scripts/bundle.mjs imports every command; a function can't have that reserved word as its name.
export { deleteCommand as delete };

/** `delete`: removes a stopped container, or with --force any; with --regex every container whose id matches. */
function deleteCommand({ rt, args }: CommandContext): number {
  const [id = ''] = args.positionals;
  const force = args.flag('force');
  if (args.flag('regex')) forMatching(rt, id, (one) => deleteContainer(rt, one, force));
  else deleteContainer(rt, id, force);
  return 0;
}
