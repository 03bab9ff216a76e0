import type { IdMaps } from '../../config/id-mappings.js';
import type { Spec } from '../../config/spec.js';
import type { HostFacts } from '../../plan/host-facts.js';
import type { Plan } from '../../plan/plan.js';
import { beginPlan, type PlanBeginning, wholePlan } from '../../plan/plan-container.js';
import type { CreateOptions } from '../options.js';
import type { Runtime } from '../runtime.js';
import { NOTIFY_FOLDER, stateFolder } from '../state/paths.js';

/** What a plan needs of a bundle. */
export interface PlannedBundle {
  readonly path: string;
  readonly rootfs: string;
  readonly config: { readonly spec: Spec };
}

/** What a plan depends on besides the options of `create`. */
export interface PlanSetting {
  /** Descriptors that $LISTEN_FDS passes. */
  readonly listening: number;
  /** init waits for start on the socket (`run`). */
  readonly foreground: boolean;
  /** What the user namespace maps that is joined by path, where that is known. */
  readonly joinedMaps?: IdMaps;
  /** Holds the socket for readiness messages, where there is to be one. */
  readonly notifyDirectory?: string;
}

/**
 * Begins to plan a container of a bundle, for `create`, `run` and `explain` alike; planInParts or wholePlan does the rest.
 * @throws TsruncError 'config' without a process; any other mistake is told by these.
 */
export function beginBundlePlan(
  rt: Pick<Runtime, 'cgroupManager'> & Partial<Pick<Runtime, 'env'>>,
  options: Pick<CreateOptions, 'id' | 'noPivot' | 'noNewKeyring' | 'preserveFds'>,
  bundle: PlannedBundle,
  setting: PlanSetting,
  facts: HostFacts,
): PlanBeginning {
  const { listening, foreground, notifyDirectory, joinedMaps } = setting;
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
      ...(joinedMaps !== undefined && { joinedMaps }),
      cgroupManager: rt.cgroupManager,
      ...(rt.env !== undefined && { environment: rt.env }),
    },
    facts,
  );
}

/**
 * The plan of a container that criu deals with: its cgroups, hooks and mounts are the ones that `create` gave it or would give.
 * @throws TsruncError 'config' or 'unsupported' with the pointer of the field.
 */
export function planForCriu(
  rt: Pick<Runtime, 'cgroupManager' | 'root'>,
  { id, noPivot }: Pick<CreateOptions, 'id' | 'noPivot'>,
  bundle: PlannedBundle,
  facts: HostFacts,
): Plan {
  // Whether the container had a socket for readiness isn't known: the folder is mounted in any case, and a mount that criu is
  // told of and doesn't find does no harm.
  const notifyDirectory = `${stateFolder(rt, id)}/${NOTIFY_FOLDER}`;
  const options = { id, noPivot, noNewKeyring: true, preserveFds: 0 };
  const setting = { listening: 0, foreground: true, notifyDirectory };
  return wholePlan(beginBundlePlan(rt, options, bundle, setting, facts));
}
