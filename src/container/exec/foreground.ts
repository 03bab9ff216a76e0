/** Keeps tsrunc in the foreground while a process runs. */
import { forwardReadiness } from '../creation/notify-socket.js';
import type { Console } from '../init/child-process.js';
import type { Runtime } from '../runtime.js';
import type { StateFile } from '../state/state-schema.js';

/** The process to wait for, a child of the runtime. */
export interface ForegroundProcess {
  readonly pid: number;
  readonly pidfd: number;
  readonly console?: Console | undefined;
}

/**
 * Waits in the foreground until a process ends. Meanwhile signals are passed to it, its terminal is copied to the
 * runtime's, and readiness messages are forwarded.
 * @param options.reap the runtime is a subreaper: reap the children it adopts
 * @param options.notify the container's socket for readiness messages; it is closed here
 * @returns the exit status, or 128 + signal
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
