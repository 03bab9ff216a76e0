import type { IdMaps } from '../config/id-mappings.js';
import type { Spec } from '../config/spec.js';
import type { HostFacts } from './host-facts.js';
import type { Namespaces } from './namespaces/namespaces.js';
import type { UserNamespace } from './namespaces/user-namespace.js';
import type { PlanBuilder } from './steps/builder.js';

/** What the lifecycle knows beside the config. */
export interface PlanOptions {
  id: string;
  /** Absolute path of the bundle: relative sources of bind mounts start there. */
  bundle: string;
  /** Absolute real path of the root file system. */
  rootfs: string;
  noPivot: boolean;
  noNewKeyring: boolean;
  /** How many descriptors from 3 on the container gets, those of LISTEN_FDS among them. */
  preserveFds: number;
  /** The n of LISTEN_FDS, or 0. */
  listenFds: number;
  /** Foreground `run`: wait-start reads from the runtime's socket, not from the fifos of the state folder. */
  foreground: boolean;
  /** Folder of the host to bind at /run/notify: NOTIFY_SOCKET is set in the container then. */
  notifyDirectory?: string;
  cgroupManager: 'cgroupfs' | 'systemd' | 'disabled';
  /** What the user namespace maps that is joined by path, where that is known. */
  joinedMaps?: IdMaps;
  /** The runtime's own, for hooks that say nothing of theirs; none unless given. */
  environment?: Readonly<Record<string, string>>;
}

/** What the concept files work on while a container's plan is made. */
export interface ContainerContext {
  readonly spec: Spec;
  readonly options: PlanOptions;
  readonly facts: HostFacts;
  readonly builder: PlanBuilder;
  readonly namespaces: Namespaces;
  readonly user: UserNamespace;
  /** Folders of the container's cgroup by controller, from the cgroup plan. */
  readonly cgroupPaths: Readonly<Record<string, string>>;
  /**
   * Sources are opened before any namespace is entered: what root of the host may reach, root of a user namespace may
   * not, and a joined mount namespace may have other things at the same path.
   */
  readonly cloneSources: boolean;
}
