/** The command `restore`. */
import { restoreContainer } from '../../container/commands/restore.js';
import type { RestoreOptions } from '../../criu/options.js';
import type { CommandContext } from '../context.js';
import { criuOptionsOf, warnOfCriuOption } from '../criu-options.js';

/** `restore`: makes a container from a checkpoint. Returns the exit code of its process, or with --detach 0. */
export function restore(context: CommandContext): number {
  warnOfCriuOption(context);
  return restoreContainer(context.rt, restoreOptionsOf(context.args));
}

/** The options of `restore`, from its arguments; an empty path counts as not given. */
export function restoreOptionsOf(args: CommandContext['args']): RestoreOptions {
  const configFile = args.text('config');
  const consoleSocket = args.text('console-socket');
  const pidFile = args.text('pid-file');
  const lsmProfile = args.text('lsm-profile');
  const lsmMountContext = args.text('lsm-mount-context');
  return {
    ...criuOptionsOf(args),
    bundle: args.text('bundle') || '.',
    ...(configFile ? { configFile } : {}),
    ...(consoleSocket ? { consoleSocket } : {}),
    ...(pidFile ? { pidFile } : {}),
    detach: args.flag('detach'),
    noSubreaper: args.flag('no-subreaper'),
    noPivot: args.flag('no-pivot'),
    tcpClose: args.flag('tcp-close'),
    ...(lsmProfile ? { lsmProfile } : {}),
    ...(lsmMountContext ? { lsmMountContext } : {}),
  };
}
