import { deleteContainer } from '../../container/delete.js';
import type { CommandContext } from '../context.js';

// By the command's name, a reserved word: a bundle of scripts/bundle.mjs imports each command so.
export { deleteCommand as delete };

/** `delete`: removes all that a stopped container (with --force: any) holds. */
function deleteCommand({ rt, args }: CommandContext): number {
  deleteContainer(rt, args.positionals[0] ?? '', args.flag('force'));
  return 0;
}
