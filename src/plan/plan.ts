/** The plan: all that will be done to make a container, as data. Made by pure functions, carried out by src/container and init. */
import type { CgroupPlan } from '../cgroup/plan/cgroup-plan.js';
import type { Hook, IdMapping, Seccomp } from '../config/spec.js';
import type { Step } from './steps/generated/steps.js';

/** A step of init with the field of config.json that asks for it ('' for what the spec or tsrunc asks for on its own). */
export type PlannedStep = Step & { from: string };

/** Which of a hook's streams. */
export type HookStream = 'stdout' | 'stderr';

/** A descriptor the runtime opens and init finds in its slot of that number. */
export type SlotSource =
  /** A namespace by path; the runtime checks its type (NS_GET_NSTYPE === type). */
  | { kind: 'namespace'; path: string; type: number; from: string }
  /** A user namespace with these maps, for idmapped mounts. */
  | { kind: 'user-namespace'; uidMap: string; gidMap: string; from: string }
  /** pidfd of the container's process, for exec. */
  | { kind: 'container-pidfd'; from: string }
  /** The root folder of the container's process, for exec. */
  | { kind: 'container-root'; from: string }
  /** start.fifo and status.fifo of the state folder, opened read-write. */
  | { kind: 'start-fifo'; from: string }
  | { kind: 'status-fifo'; from: string }
  /** A file that hooks append their output to. */
  | { kind: 'hook-file'; stream: HookStream; path: string; from: string };

export interface PlannedHook {
  hook: Hook;
  from: string;
}

/** Steps in a row, and the slots that the runtime fills for them. */
export interface PlanPart {
  readonly slots: readonly SlotSource[];
  readonly steps: readonly PlannedStep[];
}

export interface Plan {
  /** CLONE_NEW* for the first clone3: set when every namespace is new and needs no sync; else the steps make them. */
  cloneFlags: number;
  slots: SlotSource[];
  steps: PlannedStep[];
  /** uid_map and gid_map to write at sync map-ids; setgroups is denied when denySetgroups. */
  idMaps?: { uid: IdMapping[]; gid: IdMapping[]; denySetgroups: boolean; viaHelpers: boolean };
  cgroup: CgroupPlan;
  hooks: { prestart: PlannedHook[]; createRuntime: PlannedHook[]; poststart: PlannedHook[]; poststop: PlannedHook[] };
  /** Filter to compile into the `filter` field of step number `step`. */
  seccomp?: { profile: Seccomp; step: number; from: string; failUnknown: boolean };
  /** Interfaces to move once the network namespace is there (at sync create-runtime, before the hooks). */
  netDevices: { name: string; newName: string; from: string }[];
  /** Settings of resctrl, done by the runtime. */
  intelRdt?: { closID: string; explicit: boolean; schemata: string[]; monitoring: boolean; from: string };
  /** Things worth saying in the log: capabilities left out, what stays writable … */
  warnings: { text: string; from: string }[];
}
