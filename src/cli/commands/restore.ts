import { restoreContainer } from '../../container/commands/restore.js';
import type { CommandContext } from '../context.js';
import { criuOptionsOf, warnOfCriuOption } from '../criu-options.js';

/** `restore`: returns the exit code of the container's process, or 0 with --detach. */
export function restore(context: CommandContext): number {
  const { rt, args } = context;
  warnOfCriuOption(context);
  const configFile = args.text('config');
  const consoleSocket = args.text('console-socket');
  const pidFile = args.text('pid-file');
  const lsmProfile = args.text('lsm-profile');
  const lsmMountContext = args.text('lsm-mount-context');
  return restoreContainer(rt, {
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
  });
}
