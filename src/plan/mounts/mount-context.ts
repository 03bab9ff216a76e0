/** The types of what mounts are planned from, for a container and for a helper alike. */
import type { Spec } from '../../config/spec.js';
import type { HostFacts } from '../host-facts.js';
import type { Namespaces } from '../namespaces/namespaces.js';
import type { UserNamespace } from '../namespaces/user-namespace.js';
import type { PlanBuilder } from '../steps/builder.js';

/** Where the root file system is and how it becomes /. */
export interface RootOptions {
  /** Absolute path of the bundle, where relative sources of bind mounts start. */
  bundle: string;
  /** Absolute real path of the root file system. */
  rootfs: string;
  /** The root is moved to / (MS_MOVE) instead of pivot_root(2). */
  noPivot: boolean;
}

/** What the functions in this directory read while they plan, and the builder they add their steps to. */
export interface MountContext {
  readonly spec: Spec;
  readonly options: RootOptions;
  readonly facts: HostFacts;
  readonly builder: PlanBuilder;
  readonly namespaces: Namespaces;
  readonly user: UserNamespace;
  /** Directories of the container's cgroups by controller, from the cgroup plan; empty if it has no cgroup. */
  readonly cgroupPaths: Readonly<Record<string, string>>;
  /**
   * Sources are opened before any namespace is entered: root of a user namespace may not reach all that root of the
   * host does, and in a joined mount namespace a path may lead elsewhere.
   */
  readonly cloneSources: boolean;
}
