/** Plans the container of a bundle; every operation gets its plan here, so that they all agree. */
import type { IdMaps } from '../../config/id-mappings.js';
import type { Spec } from '../../config/spec.js';
import type { HostFacts } from '../../plan/host-facts.js';
import type { ContainerPlan } from '../../plan/plan.js';
import { beginPlan, type PlanBeginning, wholePlan } from '../../plan/plan-container.js';
import type { CreateOptions } from '../options.js';
import type { Runtime } from '../runtime.js';
import { NOTIFY_DIRECTORY, stateDirectory } from '../state/paths.js';

/** The parts of a bundle that a plan depends on. */
export interface PlannedBundle {
  readonly path: string;
  readonly rootfs: string;
  readonly config: { readonly spec: Spec };
}

/** What the plan of a bundle depends on. */
export interface BundlePlanRequest {
  readonly options: Pick<CreateOptions, 'id' | 'noPivot' | 'noNewKeyring'>;
  readonly bundle: PlannedBundle;
  readonly facts: HostFacts;
  /** How many descriptors, counted from 3, the container inherits; those of $LISTEN_FDS are included. */
  readonly preserveFds: number;
  /** How many of them are from $LISTEN_FDS. */
  readonly listening: number;
  /** Init waits for start on the runtime's socket (`run`), not on the fifos. */
  readonly foreground: boolean;
  /** The id maps of a user namespace that is joined by path, if they could be read. */
  readonly joinedMaps?: IdMaps | undefined;
  /** Host directory of the socket for readiness messages, if there is one. */
  readonly notifyDirectory?: string | undefined;
}

/**
 * Begins to plan the container of a bundle, for `create`, `run` and `explain` alike; planInParts or wholePlan
 * finishes the plan.
 * @param rt hooks without `env` get its environment
 * @throws TsruncError 'config' if there is no process; planInParts and wholePlan throw all other mistakes
 */
export function beginBundlePlan(
  rt: Pick<Runtime, 'cgroupManager'> & Partial<Pick<Runtime, 'env' | 'trace'>>,
  { options, bundle, facts, preserveFds, listening, foreground, joinedMaps, notifyDirectory }: BundlePlanRequest,
): PlanBeginning {
  return beginPlan(
    bundle.config.spec,
    {
      id: options.id,
      bundle: bundle.path,
      rootfs: bundle.rootfs,
      noPivot: options.noPivot,
      noNewKeyring: options.noNewKeyring,
      preserveFds,
      listenFds: listening,
      foreground,
      notifyDirectory,
      joinedMaps,
      cgroupManager: rt.cgroupManager,
      environment: rt.env,
      ...(rt.trace !== undefined && { timesSteps: true }),
    },
    facts,
  );
}

/**
 * The plan of a container that criu dumps or restores: its cgroups, hooks and mounts are those that `create` gives it.
 * @throws TsruncError 'config' or 'unsupported' with the pointer of the field
 */
export function planForCriu(
  rt: Pick<Runtime, 'cgroupManager' | 'root'>,
  { id, noPivot }: Pick<CreateOptions, 'id' | 'noPivot'>,
  bundle: PlannedBundle,
  facts: HostFacts,
): ContainerPlan {
  const beginning = beginBundlePlan(rt, {
    options: { id, noPivot, noNewKeyring: true },
    bundle,
    facts,
    preserveFds: 0,
    listening: 0,
    foreground: true,
    // It isn't known whether the container had a socket for readiness messages. The directory is always included,
    // since it does no harm to tell criu of a mount that it doesn't find.
    notifyDirectory: `${stateDirectory(rt, id)}/${NOTIFY_DIRECTORY}`,
  });
  return wholePlan(beginning);
}
