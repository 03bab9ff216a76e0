/** The command `create`. */
import { createContainer } from '../../container/commands/create.js';
import type { CreateOptions } from '../../container/options.js';
import type { CommandContext } from '../context.js';

/** `create`: makes a container whose process waits for `start`. */
export function create({ rt, args }: CommandContext): number {
  createContainer(rt, createOptionsOf(args));
  return 0;
}

/** The options that `create` and `run` have in common, from their arguments; an empty path counts as not given. */
export function createOptionsOf(args: CommandContext['args']): CreateOptions {
  const configFile = args.text('config');
  const consoleSocket = args.text('console-socket');
  const pidfdSocket = args.text('pidfd-socket');
  const pidFile = args.text('pid-file');
  return {
    id: args.positionals[0] ?? '',
    bundle: args.text('bundle') || '.',
    ...(configFile ? { configFile } : {}),
    ...(consoleSocket ? { consoleSocket } : {}),
    ...(pidfdSocket ? { pidfdSocket } : {}),
    ...(pidFile ? { pidFile } : {}),
    noPivot: args.flag('no-pivot'),
    noNewKeyring: args.flag('no-new-keyring'),
    preserveFds: args.count('preserve-fds'),
  };
}
