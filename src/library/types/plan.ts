/** The plan of a container as data: everything that will be done to make it. It holds nothing that JSON can't. */
import type { Hook, IdMapping } from '../../config/spec.js';
import type { PlanStep } from './generated/plan-step.js';

export type { PlanStep, Step } from './generated/plan-step.js';

/** What each part of a plan has. */
export interface Planned {
  /** JSON pointer of the field that asks for it; '' if the specification or tsrunc itself does. */
  readonly pointer: string;
}

/** A namespace by its path, whose type the runtime checks. */
export interface NamespaceSlot extends Planned {
  /** What kind of slot it is. */
  readonly kind: 'namespace';
  /** A file of nsfs, e.g. /proc/1234/ns/net. */
  readonly path: string;
  /** CLONE_NEW* of its type. */
  readonly type: number;
}

/** A user namespace that only has id maps, for mounts. */
export interface UserNamespaceSlot extends Planned {
  /** What kind of slot it is. */
  readonly kind: 'user-namespace';
  /** The text of uid_map. */
  readonly uidMap: string;
  /** The text of gid_map. */
  readonly gidMap: string;
}

/** A file that hooks append their output to. */
export interface HookFileSlot extends Planned {
  /** What kind of slot it is. */
  readonly kind: 'hook-file';
  /** Which stream of the hooks. */
  readonly stream: 'stdout' | 'stderr';
  /** Absolute path. */
  readonly path: string;
}

/** A descriptor of the container's process, or one end of the fifos of its state directory. */
export interface StateSlot extends Planned {
  /** What kind of slot it is. */
  readonly kind: 'container-pidfd' | 'container-root' | 'start-fifo' | 'status-fifo';
}

/** A descriptor that the runtime opens for the container's process: a union by `kind`. */
export type PlanSlot = NamespaceSlot | UserNamespaceSlot | HookFileSlot | StateSlot;

/** A directory of cgroups that is made, with those above it. */
export interface CgroupMake extends Planned {
  /** What is done. */
  readonly op: 'make';
  /** Absolute path. */
  readonly path: string;
}

/** Controllers of cgroup v2 that are enabled for the cgroups below a directory. */
export interface CgroupEnable extends Planned {
  /** What is done. */
  readonly op: 'enable';
  /** Absolute path of the directory. */
  readonly path: string;
  /** Names of the controllers. */
  readonly controllers: readonly string[];
  /** Of them those without which a field can't be honoured, with its pointer. */
  readonly needed: Readonly<Record<string, string>>;
}

/** CPUs and memory nodes of cgroup v1 that are copied from the parent where there are none yet. */
export interface CgroupInherit extends Planned {
  /** What is done. */
  readonly op: 'inherit-cpuset';
  /** Absolute path of the directory. */
  readonly path: string;
}

/** A value that is written to a file of a cgroup. */
export interface CgroupWrite extends Planned {
  /** What is done. */
  readonly op: 'write';
  /** Absolute path of the file. */
  readonly path: string;
  /** The text that is written. */
  readonly value: string;
  /** What a missing file is; `error` if left out, `no-swap`: an error on a host with swap. */
  readonly ifMissing?: 'ignore' | 'no-swap' | 'warn' | 'error';
  /** Written instead where `path` doesn't exist. */
  readonly fallback?: {
    /** Absolute path of the file. */
    readonly path: string;
    /** The text that is written. */
    readonly value: string;
  };
  /** On EINVAL the next operation is done first, as the kernel checks the two against each other. */
  readonly retryAfterNext?: boolean;
  /** It is checked what the kernel made of the value. */
  readonly effective?: boolean;
  /** EPERM and EACCES only give a warning. */
  readonly mayBeRefused?: boolean;
}

/** One rule of a device filter, with every default filled in. */
export interface PlannedDeviceRule extends Planned {
  /** Whether it allows or denies. */
  readonly allow: boolean;
  /** Character or block devices; `a`: both. */
  readonly type: 'a' | 'b' | 'c';
  /** Major number; -1 for any. */
  readonly major: number;
  /** Minor number; -1 for any. */
  readonly minor: number;
  /** A sum of 1 to make nodes, 2 to read, 4 to write. */
  readonly access: number;
  /** Type and numbers as the kernel writes them, e.g. `c 1:*`. */
  readonly devices: string;
  /** The rule as cgroup v1 reads it, for one that always holds. */
  readonly always?: string;
}

/** An eBPF program of these rules that is attached to a cgroup v2. */
export interface CgroupDeviceFilter extends Planned {
  /** What is done. */
  readonly op: 'device-filter';
  /** Absolute path of the directory. */
  readonly path: string;
  /** The rules, of which later ones win. */
  readonly rules: readonly PlannedDeviceRule[];
  /** EPERM only gives a warning. */
  readonly mayBeRefused?: boolean;
}

/** A directory of cgroup v2 that is given to a user of the host. */
export interface CgroupOwn extends Planned {
  /** What is done. */
  readonly op: 'own';
  /** Absolute path of the directory. */
  readonly path: string;
  /** Whom it is given to. */
  readonly uid: number;
}

/** One thing that is done to cgroups: a union by `op`. */
export type CgroupAction = CgroupMake | CgroupEnable | CgroupInherit | CgroupWrite | CgroupDeviceFilter | CgroupOwn;

/** A property of a unit of systemd. */
export interface UnitProperty extends Planned {
  /** Its name, e.g. `MemoryMax`. */
  readonly name: string;
  /** D-Bus signature of its type. */
  readonly signature: string;
  /** Its value: numbers, texts, booleans and arrays of them. */
  readonly value: unknown;
  /** It is left out if systemd refuses it. */
  readonly optional?: true;
}

/** The unit of systemd that a container runs in. */
export interface PlannedUnit extends Planned {
  /** For example `tsrunc-web.scope`. */
  readonly unit: string;
  /** A slice has no processes for systemd, so the runtime puts the first one into its cgroup. */
  readonly kind: 'scope' | 'slice';
  /** The slice it is in, e.g. `system.slice`. */
  readonly slice: string;
  /** It belongs to the user's service manager. */
  readonly user: boolean;
  /** Its properties, but for the pid. */
  readonly properties: readonly UnitProperty[];
  /** The container's cgroup below the unit's, with a slash in front; '' for the unit's own. */
  readonly below: string;
  /** Files by which the runtime puts the first process into cgroups that systemd leaves out. */
  readonly enter: readonly string[];
}

/** A cgroup below the container's that its first process is moved to. */
export interface PlannedDelegation extends Planned {
  /** Done before the process is moved. */
  readonly make: readonly CgroupAction[];
  /** The file that its pid is written to. */
  readonly enter: string;
  /** Done after it was moved. */
  readonly operations: readonly CgroupAction[];
}

/** What is done to cgroups. */
export interface PlannedCgroup {
  /** Who makes the cgroup; `none`: nobody. */
  readonly manager: 'cgroupfs' | 'systemd' | 'none';
  /** Its directories: by the controllers of each hierarchy of v1, e.g. `cpu,cpuacct`, and '' for v2. */
  readonly paths: Readonly<Record<string, string>>;
  /** What is done, in order. */
  readonly operations: readonly CgroupAction[];
  /** The directory that the first process is born into; '' if it enters by `join`. */
  readonly cloneInto: string;
  /** Files by which the first process enters its cgroups. */
  readonly join: readonly string[];
  /** The cgroup that the first process is moved to once it has its namespaces. */
  readonly delegate?: PlannedDelegation;
  /** The unit, where systemd makes the cgroup. */
  readonly systemd?: PlannedUnit;
}

/** A hook that the runtime runs. */
export interface PlannedHook extends Planned {
  /** The hook as it is configured. */
  readonly hook: Hook;
}

/** The hooks that the runtime runs, in order. Those of the container's process are steps. */
export interface PlannedHooks {
  /** Before the container's root becomes /. */
  readonly prestart: readonly PlannedHook[];
  /** After those of prestart. */
  readonly createRuntime: readonly PlannedHook[];
  /** Once the program runs. */
  readonly poststart: readonly PlannedHook[];
  /** Once the container is deleted. */
  readonly poststop: readonly PlannedHook[];
}

/** The id maps of the container's user namespace. */
export interface PlannedIdMaps {
  /** Of users. */
  readonly uid: readonly IdMapping[];
  /** Of groups. */
  readonly gid: readonly IdMapping[];
  /** setgroups(2) is denied first. */
  readonly denySetgroups: boolean;
  /** newuidmap(1) and newgidmap(1) write them. */
  readonly viaHelpers: boolean;
}

/** The system call filter, compiled from what `pointer` names. */
export interface PlannedFilter extends Planned {
  /** Number of the step that loads it. */
  readonly step: number;
  /** An unknown name of a system call is an error. */
  readonly failUnknown: boolean;
}

/** A network interface that is moved into the container. */
export interface PlannedNetDevice extends Planned {
  /** Its name on the host. */
  readonly name: string;
  /** Its name in the container. */
  readonly newName: string;
}

/** The class of service of resctrl that the container runs in. */
export interface PlannedIntelRdt extends Planned {
  /** Its name. */
  readonly closID: string;
  /** The configuration names it, so that others may share it. */
  readonly explicit: boolean;
  /** Lines of its schemata. */
  readonly schemata: readonly string[];
  /** It is monitored. */
  readonly monitoring: boolean;
}

/** The plan of a container: what is done to make it, each part with the field that asks for it. */
export interface Plan {
  /** Names of the namespaces that the first process is born with, e.g. `CLONE_NEWPID|CLONE_NEWNS`; `0` if steps make them. */
  readonly cloneFlags: string;
  /** Descriptors that the runtime opens for the first process. */
  readonly slots: readonly PlanSlot[];
  /** What the first process does, in order, until it executes the program. */
  readonly steps: readonly PlanStep[];
  /** The id maps; null without a user namespace of its own. */
  readonly idMaps: PlannedIdMaps | null;
  /** What is done to cgroups. */
  readonly cgroup: PlannedCgroup;
  /** The hooks that the runtime runs. */
  readonly hooks: PlannedHooks;
  /** The system call filter; null without one. */
  readonly seccomp: PlannedFilter | null;
  /** Network interfaces that are moved into the container. */
  readonly netDevices: readonly PlannedNetDevice[];
  /** The class of service of resctrl; null without one. */
  readonly intelRdt: PlannedIntelRdt | null;
}
