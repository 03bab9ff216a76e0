/** What mounts are planned with if a helper makes them (helper-plan.ts). */
import type { Spec } from '../../config/spec.js';
import type { HostFacts } from '../host-facts.js';
import { readNamespaces } from '../namespaces/namespaces.js';
import { readUserNamespace } from '../namespaces/user-namespace.js';
import type { PlanBuilder } from '../steps/builder.js';
import type { MountContext } from './mount-context.js';

/** What the plan of a helper's mounts is made from. */
export interface HelperMounts {
  /** The container's configuration, with the mounts that the helper makes in place of its own. */
  readonly spec: Spec;
  /** Absolute path of the bundle. */
  readonly bundle: string;
  /** Absolute path of the root file system in the helper's mount namespace. */
  readonly rootfs: string;
  readonly facts: HostFacts;
  readonly builder: PlanBuilder;
  /** As in MountContext. */
  readonly cloneSources: boolean;
}

/** The context for planMounts and planOpenRoot, for a helper, which has no cgroup of its own. */
export function helperContext({ spec, bundle, rootfs, facts, builder, cloneSources }: HelperMounts): MountContext {
  return {
    spec,
    options: { bundle, rootfs, noPivot: false },
    facts,
    builder,
    namespaces: readNamespaces(spec, facts, builder),
    user: readUserNamespace(spec, facts),
    cgroupPaths: {},
    cloneSources,
  };
}
