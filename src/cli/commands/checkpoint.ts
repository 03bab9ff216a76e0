/** The command `checkpoint`. */
import { checkpointContainer } from '../../container/commands/checkpoint.js';
import type { CheckpointOptions } from '../../criu/options.js';
import type { CommandContext } from '../context.js';
import { criuOptionsOf, readPageServer, readStatusFd, warnOfCriuOption } from '../criu-options.js';

/** `checkpoint`: writes a running container to disk with criu, and ends it unless an option says otherwise. */
export function checkpoint(context: CommandContext): number {
  const { rt, args } = context;
  warnOfCriuOption(context);
  const parentPath = args.text('parent-path');
  const statusFd = readStatusFd(args.text('status-fd') || '-1');
  const pageServer = args.text('page-server');
  const networkLock = args.text('network-lock') as CheckpointOptions['networkLock'];
  checkpointContainer(rt, {
    ...criuOptionsOf(args),
    ...(parentPath ? { parentPath } : {}),
    leaveRunning: args.flag('leave-running'),
    tcpSkipInFlight: args.flag('tcp-skip-in-flight'),
    linkRemap: args.flag('link-remap'),
    ...(statusFd !== undefined && { statusFd }),
    ...(pageServer ? { pageServer: readPageServer(pageServer) } : {}),
    preDump: args.flag('pre-dump'),
    ...(networkLock !== undefined && { networkLock }),
  });
  return 0;
}
