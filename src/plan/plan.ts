/**
 * The plan: everything that will be done to make a container, as data. Pure functions make it; src/container and init
 * carry it out.
 */
import type { CgroupPlan } from '../cgroup/plan/cgroup-plan.js';
import type { Hook, IdMapping, Seccomp } from '../config/spec.js';
import type { Step } from './steps/generated/steps.js';

/**
 * A step of init with the JSON pointer of the field that asks for it ('' if the specification or tsrunc itself
 * does).
 */
export type PlannedStep = Step & { pointer: string };

/** Which of a hook's output streams is meant. */
export type HookStream = 'stdout' | 'stderr';

/** A descriptor that the runtime opens for init. Its index in ProcessPlan.slots is the number of its slot. */
export type SlotSource =
  /** A namespace by path; the runtime checks its type (NS_GET_NSTYPE === type). */
  | { kind: 'namespace'; path: string; type: number; pointer: string }
  /** A user namespace with these maps (the text of uid_map and gid_map), for idmapped mounts. */
  | { kind: 'user-namespace'; uidMap: string; gidMap: string; pointer: string }
  /** pidfd of the container's process, for `exec` and helpers. */
  | { kind: 'container-pidfd'; pointer: string }
  /** The root directory of the container's process, for exec. */
  | { kind: 'container-root'; pointer: string }
  /** start.fifo and status.fifo of the state directory, opened read-write. */
  | { kind: 'start-fifo'; pointer: string }
  | { kind: 'status-fifo'; pointer: string }
  /** The memory for the times of steps (--trace). */
  | { kind: 'step-times'; pointer: string }
  /** A file that hooks append their output to. */
  | { kind: 'hook-file'; stream: HookStream; path: string; pointer: string };

/** A hook that the runtime runs, with its JSON pointer in config.json. */
export interface PlannedHook {
  hook: Hook;
  pointer: string;
}

/** The hooks that the runtime runs, by the point in the lifecycle (config.md, "POSIX-platform Hooks"). */
export interface RuntimeHooks {
  prestart: PlannedHook[];
  createRuntime: PlannedHook[];
  poststart: PlannedHook[];
  poststop: PlannedHook[];
}

/** The seccomp profile to compile; the program goes into the `filter` field of step number `step`. */
export interface PlannedFilter {
  profile: Seccomp;
  step: number;
  pointer: string;
  /** A system call name that libseccomp doesn't know is an error (an annotation of crun's). */
  failUnknown: boolean;
}

/** The id maps that the runtime writes when init reaches sync map-ids. */
export interface PlannedIdMaps {
  uid: IdMapping[];
  gid: IdMapping[];
  /** setgroups(2) is denied in the namespace first. */
  denySetgroups: boolean;
  /** The maps are written by newuidmap(1) and newgidmap(1): the runtime may only map its own ids. */
  viaHelpers: boolean;
}

/** A network interface to move into the container's network namespace. */
export interface PlannedNetDevice {
  name: string;
  /** Its name in the container. */
  newName: string;
  pointer: string;
}

/** The class of service in resctrl that the runtime makes or joins. */
export interface PlannedIntelRdt {
  closID: string;
  /** The configuration names the class, so other containers may share it. */
  explicit: boolean;
  /** Lines of the schemata file. */
  schemata: string[];
  monitoring: boolean;
  pointer: string;
}

/** Something to say in the log, e.g. that a capability is left out. */
export interface PlanWarning {
  text: string;
  pointer: string;
}

/** Consecutive steps, and the slots that the runtime fills for them. */
export interface PlanPart {
  readonly slots: readonly SlotSource[];
  readonly steps: readonly PlannedStep[];
}

/** The work of one process of init: the first of a container, one of `exec`, or a helper. */
export interface ProcessPlan extends PlanPart {
  /** The index of each is the number of its slot. */
  slots: SlotSource[];
  /** In the order they are carried out; messages of init name a step by its index. */
  steps: PlannedStep[];
  /** Left out if no filter is loaded. */
  seccomp?: PlannedFilter;
  warnings: PlanWarning[];
}

/** The plan of a container: the steps of its first process, and everything that the runtime does for it. */
export interface ContainerPlan extends ProcessPlan {
  /**
   * CLONE_NEW* for the first clone3 if every namespace is new and none needs a sync; otherwise 0, and steps make
   * them.
   */
  cloneFlags: number;
  /** Left out if no user namespace is made. */
  idMaps?: PlannedIdMaps;
  cgroup: CgroupPlan;
  hooks: RuntimeHooks;
  /** Moved at sync create-runtime, when the network namespace exists, before the hooks run. */
  netDevices: PlannedNetDevice[];
  intelRdt?: PlannedIntelRdt;
}
