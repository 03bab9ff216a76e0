import { forwardReadiness } from '../creation/notify-socket.js';
import type { Console } from '../init/init-process.js';
import type { Runtime } from '../runtime.js';
import type { StateFile } from '../state/state-schema.js';

/** The process to stand for: a child of ours. */
export interface ForegroundProcess {
  readonly pid: number;
  readonly pidfd: number;
  readonly console?: Console | undefined;
}

/**
 * Stands in the foreground for a process until it ends: signals, terminal, readiness messages.
 * @param options.reap children are adopted and reaped (a subreaper).
 * @param options.notify the container's notify socket; closed here.
 * @returns its exit status, or 128 + signal.
 */
export function stayInForeground(
  rt: Runtime,
  init: ForegroundProcess,
  options: { reap: boolean; notify?: { socket: number; state: StateFile } },
): number {
  const { native } = rt;
  rt.settle();
  let event = options.notify?.socket ?? -1;
  const ownPid = native.identity()[4]!;
  try {
    for (;;) {
      const { kind, status } = native.foreground({
        pidfd: init.pidfd,
        pid: init.pid,
        master: init.console?.master ?? -1,
        reap: options.reap,
        event,
      });
      if (kind === 'exited') return status;
      if (options.notify !== undefined && forwardReadiness(rt, options.notify.state, event, ownPid)) {
        native.close(event);
        event = -1;
      }
    }
  } finally {
    if (event >= 0) native.close(event);
  }
}
