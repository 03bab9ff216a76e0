import type { HostFacts } from '../host-facts.js';
import { beginPlan, type PlanBeginning } from '../plan/plan-container.js';
import type { Bundle } from './bundle.js';
import type { CreateOptions } from './options.js';
import type { Runtime } from './runtime.js';

/** What a plan depends on besides the options of `create`. */
export interface PlanSetting {
  /** Descriptors that $LISTEN_FDS passes. */
  readonly listening: number;
  /** init waits for start on the socket (`run`). */
  readonly foreground: boolean;
  /** Holds the socket for readiness messages, where there is to be one. */
  readonly notifyDirectory?: string;
}

/**
 * Begins to plan a container of a bundle, for `create`, `run` and `explain` alike; finishPlan does the rest.
 * @throws TsruncError 'config' without a process; any other mistake is told by finishPlan.
 */
export function beginBundlePlan(
  rt: Runtime,
  options: CreateOptions,
  bundle: Bundle,
  setting: PlanSetting,
  facts: HostFacts,
): PlanBeginning {
  const { listening, foreground, notifyDirectory } = setting;
  return beginPlan(
    bundle.config.spec,
    {
      id: options.id,
      bundle: bundle.path,
      rootfs: bundle.rootfs,
      noPivot: options.noPivot,
      noNewKeyring: options.noNewKeyring,
      preserveFds: options.preserveFds + listening,
      listenFds: listening,
      foreground,
      ...(notifyDirectory !== undefined && { notifyDirectory }),
      cgroupManager: rt.cgroupManager,
    },
    facts,
  );
}
