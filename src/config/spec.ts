/**
 * Types of config.json as runtime-spec 1.3.0 describes it for Linux (config.md, config-linux.md), under the specification's names.
 * Values of these types have passed the schema and the checks: a member that isn't optional here is there.
 */

/** An integer of config.json: a bigint where a JavaScript number is not exact (beyond 2^53). */
export type Int = number | bigint;

/** Any other name. Types that have it are open: editors offer the names they list, and it is the checks that refuse a wrong one. */
export type OtherName = string & Record<never, never>;

/** A whole config.json. What a platform other than Linux has for itself is accepted and not looked at. */
export interface Spec {
  /** The version of the runtime-spec that the configuration is written for, e.g. `1.3.0`. */
  ociVersion: string;
  /** The root file system. */
  root?: Root;
  /** The program to run. */
  process?: Process;
  /** Host name in the container, which needs a UTS namespace of its own. */
  hostname?: string;
  /** NIS domain name in the container, which needs a UTS namespace of its own. */
  domainname?: string;
  /** What is mounted in the root file system, in order. */
  mounts?: Mount[];
  /** Programs to run at points of the container's life. */
  hooks?: Hooks;
  /** Facts about the container for others, by names in reverse domain notation. */
  annotations?: Record<string, string>;
  /** What only Linux has. */
  linux?: Linux;
  /** What only Solaris has; not looked at. */
  solaris?: Record<string, unknown>;
  /** What only Windows has; not looked at. */
  windows?: Record<string, unknown>;
  /** What only virtual machines have; not looked at. */
  vm?: Record<string, unknown>;
  /** What only z/OS has; not looked at. */
  zos?: Record<string, unknown>;
  /** What only FreeBSD has; not looked at. */
  freebsd?: Record<string, unknown>;
}

/** The root file system (config.md, Root). */
export interface Root {
  /** Its directory: absolute, or relative to the bundle. */
  path: string;
  /** Whether it is read-only in the container. */
  readonly?: boolean;
}

/** An item of mounts, which are made in order (config.md, Mounts). */
export interface Mount {
  /** Where it is in the container: an absolute path. */
  destination: string;
  /** The type of file system; `bind` or none with the option `bind`. */
  type?: string;
  /** A device, a name, or for a bind mount a file or directory: absolute, or relative to the bundle. */
  source?: string;
  /** Options as mount(8) has them, e.g. `ro`, `nosuid`, `size=64k`. */
  options?: string[];
  /** Asks for an idmapped mount: how its users are mapped. */
  uidMappings?: IdMapping[];
  /** Asks for an idmapped mount: how its groups are mapped. */
  gidMappings?: IdMapping[];
}

/** The process that a container is made for, or one of `exec --process` (config.md, Process). */
export interface Process {
  /** Whether it gets a terminal of its own. */
  terminal?: boolean;
  /** The terminal's size at first. */
  consoleSize?: ConsoleSize;
  /** Who it runs as. */
  user?: User;
  /** The program, and its arguments as the program sees them. */
  args?: string[];
  /** Its environment: `NAME=value`. */
  env?: string[];
  /** Its working directory: an absolute path in the container. */
  cwd: string;
  /** What it may do of what only root may. */
  capabilities?: Capabilities;
  /** Its limits. */
  rlimits?: Rlimit[];
  /** Whether it and what it executes can't get more rights than it has (prctl(2), PR_SET_NO_NEW_PRIVS). */
  noNewPrivileges?: boolean;
  /** Name of the AppArmor profile that it runs under. */
  apparmorProfile?: string;
  /** SELinux label that it runs with. */
  selinuxLabel?: string;
  /** How readily the kernel kills it for want of memory, from -1000 to 1000 (proc_pid_oom_score_adj(5)). */
  oomScoreAdj?: number;
  /** How it is scheduled. */
  scheduler?: Scheduler;
  /** Its priority among those who use disks. */
  ioPriority?: IoPriority;
  /** The CPUs of a process that `exec` starts. */
  execCPUAffinity?: CpuAffinity;
}

/** Size of a terminal in characters. */
export interface ConsoleSize {
  /** Number of lines. */
  height: number;
  /** Number of columns. */
  width: number;
}

/** Lists of CPUs such as `0-3,7`. */
export interface CpuAffinity {
  /** Where it runs before it enters the container's cgroup. */
  initial?: string;
  /** Where it runs afterwards. */
  final?: string;
}

/** The ids of the process, as they are within the container (config.md, User). */
export interface User {
  /** User id. */
  uid?: number;
  /** Group id. */
  gid?: number;
  /** The bits that new files don't get (umask(2)). */
  umask?: number;
  /** Ids of its other groups. */
  additionalGids?: number[];
}

/** The capability sets of the process, as names like CAP_KILL (capabilities(7)). */
export interface Capabilities {
  /** What it can have at most. */
  bounding?: string[];
  /** What it has. */
  effective?: string[];
  /** What programs it executes can inherit, if their files allow it. */
  inheritable?: string[];
  /** What it can take. */
  permitted?: string[];
  /** What programs it executes keep without being root. */
  ambient?: string[];
}

/** The names of limits (setrlimit(2)). */
export type RlimitType =
  | 'RLIMIT_AS'
  | 'RLIMIT_CORE'
  | 'RLIMIT_CPU'
  | 'RLIMIT_DATA'
  | 'RLIMIT_FSIZE'
  | 'RLIMIT_LOCKS'
  | 'RLIMIT_MEMLOCK'
  | 'RLIMIT_MSGQUEUE'
  | 'RLIMIT_NICE'
  | 'RLIMIT_NOFILE'
  | 'RLIMIT_NPROC'
  | 'RLIMIT_RSS'
  | 'RLIMIT_RTPRIO'
  | 'RLIMIT_RTTIME'
  | 'RLIMIT_SIGPENDING'
  | 'RLIMIT_STACK'
  | OtherName;

/** A limit of setrlimit(2); 2^64 - 1 means no limit. */
export interface Rlimit {
  /** What is limited. */
  type: RlimitType;
  /** The limit that holds. */
  soft: Int;
  /** The one that the process can raise it to. */
  hard: Int;
}

/** Scheduling policies (sched(7)). */
export type SchedulerPolicy =
  | 'SCHED_OTHER'
  | 'SCHED_FIFO'
  | 'SCHED_RR'
  | 'SCHED_BATCH'
  | 'SCHED_ISO'
  | 'SCHED_IDLE'
  | 'SCHED_DEADLINE'
  | OtherName;

/** Flags of sched_setattr(2). */
export type SchedulerFlag =
  | 'SCHED_FLAG_RESET_ON_FORK'
  | 'SCHED_FLAG_RECLAIM'
  | 'SCHED_FLAG_DL_OVERRUN'
  | 'SCHED_FLAG_KEEP_POLICY'
  | 'SCHED_FLAG_KEEP_PARAMS'
  | 'SCHED_FLAG_UTIL_CLAMP_MIN'
  | 'SCHED_FLAG_UTIL_CLAMP_MAX'
  | OtherName;

/** What sched_setattr(2) is called with; runtime, deadline and period are in nanoseconds. */
export interface Scheduler {
  /** The policy. */
  policy: SchedulerPolicy;
  /** Nice value, from -20 to 19, for SCHED_OTHER and SCHED_BATCH. */
  nice?: number;
  /** Priority, from 1 to 99, for SCHED_FIFO and SCHED_RR. */
  priority?: number;
  /** Flags. */
  flags?: SchedulerFlag[];
  /** Time that SCHED_DEADLINE gives in each period. */
  runtime?: Int;
  /** Until when in each period it gives that. */
  deadline?: Int;
  /** Length of a period. */
  period?: Int;
}

/** What ioprio_set(2) is called with. */
export interface IoPriority {
  /** The class: before all others, as usual, or only when nobody else wants the disk. */
  class: 'IOPRIO_CLASS_RT' | 'IOPRIO_CLASS_BE' | 'IOPRIO_CLASS_IDLE' | OtherName;
  /** From 0, the highest, to 7. */
  priority?: number;
}

/** A program to run at a point of the container's life (config.md, POSIX-platform Hooks). */
export interface Hook {
  /** Absolute path of the program. */
  path: string;
  /** Its arguments, its own name first; the path alone if left out. */
  args?: string[];
  /** Its environment: `NAME=value`. */
  env?: string[];
  /** After how many seconds it is killed, which is a failure. */
  timeout?: number;
}

/** The hooks for each point of the container's life, which run in order. */
export interface Hooks {
  /** Old name of createRuntime; these run before those. */
  prestart?: Hook[];
  /** In the runtime's namespaces, when the container's are there and its root is not yet /. */
  createRuntime?: Hook[];
  /** The same in the container's namespaces. */
  createContainer?: Hook[];
  /** In the container, before the program is executed by `start`. */
  startContainer?: Hook[];
  /** In the runtime's namespaces, once the program runs. */
  poststart?: Hook[];
  /** In the runtime's namespaces, when the container has been deleted. */
  poststop?: Hook[];
}

/** A line of an id map: `size` ids from containerID on in the namespace are those from hostID on outside (user_namespaces(7)). */
export interface IdMapping {
  /** The first id in the container. */
  containerID: number;
  /** The first id outside. */
  hostID: number;
  /** How many. */
  size: number;
}

/** The specification's names for the types of namespaces; namespace-types.ts has the kernel's. */
export type NamespaceType = 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time';

/** A namespace of the container: a new one, or the existing one at path. */
export interface Namespace {
  /** Its type. */
  type: NamespaceType;
  /** A file of an existing one, e.g. /proc/1234/ns/net. */
  path?: string;
}

/** How far a clock in a time namespace is ahead of the host's; secs may be negative (time_namespaces(7)). */
export interface TimeOffset {
  /** Seconds. */
  secs?: Int;
  /** Nanoseconds on top. */
  nanosecs?: number;
}

/** A device to have in the container (config-linux.md, Devices). */
export interface Device {
  /** Character device (`c`, `u`), block device or fifo. */
  type: 'c' | 'b' | 'u' | 'p';
  /** Absolute path in the container. */
  path: string;
  /** Major number; needed but for a fifo. */
  major?: number;
  /** Minor number; needed but for a fifo. */
  minor?: number;
  /** Its permission bits. */
  fileMode?: number;
  /** Its owner in the container. */
  uid?: number;
  /** Its group in the container. */
  gid?: number;
}

/** A network interface that is moved into the container. */
export interface NetDevice {
  /** Its name there; as on the host if left out. */
  name?: string;
}

/** The execution domain of a process (personality(2)). */
export interface Personality {
  /** `LINUX32`: uname(2) tells of a machine of 32 bits. */
  domain: 'LINUX' | 'LINUX32' | OtherName;
  /** Flags; none is known to the specification. */
  flags?: string[];
}

/** Modes of set_mempolicy(2). */
export type MemoryPolicyMode =
  | 'MPOL_DEFAULT'
  | 'MPOL_BIND'
  | 'MPOL_INTERLEAVE'
  | 'MPOL_WEIGHTED_INTERLEAVE'
  | 'MPOL_PREFERRED'
  | 'MPOL_PREFERRED_MANY'
  | 'MPOL_LOCAL'
  | OtherName;

/** On which NUMA nodes memory is taken (set_mempolicy(2)). */
export interface MemoryPolicy {
  /** How. */
  mode: MemoryPolicyMode;
  /** A list of nodes such as `0-1,3`. */
  nodes?: string;
  /** Flags of the mode. */
  flags?: ('MPOL_F_NUMA_BALANCING' | 'MPOL_F_RELATIVE_NODES' | 'MPOL_F_STATIC_NODES' | OtherName)[];
}

/** How mounts and unmounts spread from and to the root (mount_namespaces(7)); the first letter `r` means all mounts below too. */
export type RootfsPropagation =
  | ''
  | 'private'
  | 'shared'
  | 'slave'
  | 'unbindable'
  | 'rprivate'
  | 'rshared'
  | 'rslave'
  | 'runbindable'
  | OtherName;

/** What only Linux has (config-linux.md). */
export interface Linux {
  /** Its namespaces; one that is left out is the runtime's. */
  namespaces?: Namespace[];
  /** The user ids of its user namespace. */
  uidMappings?: IdMapping[];
  /** The group ids of its user namespace. */
  gidMappings?: IdMapping[];
  /** Offsets of the clocks `monotonic` and `boottime` in its time namespace. */
  timeOffsets?: Record<string, TimeOffset>;
  /** Devices besides the usual ones. */
  devices?: Device[];
  /** Network interfaces to move into it, by their names on the host. */
  netDevices?: Record<string, NetDevice>;
  /** Its cgroup: a path, or `slice:prefix:name` where systemd makes it. */
  cgroupsPath?: string;
  /** Its limits. */
  resources?: Resources;
  /** How mounts spread from and to its root. */
  rootfsPropagation?: RootfsPropagation;
  /** The system calls that it may use. */
  seccomp?: Seccomp;
  /** Parameters of the kernel, by names as sysctl(8) has them. */
  sysctl?: Record<string, string>;
  /** Paths in it that can't be read. */
  maskedPaths?: string[];
  /** Paths in it that are read-only. */
  readonlyPaths?: string[];
  /** SELinux label of its mounts. */
  mountLabel?: string;
  /** Its execution domain. */
  personality?: Personality;
  /** Its share of the CPU's cache and memory bandwidth. */
  intelRdt?: IntelRdt;
  /** Where its memory is taken. */
  memoryPolicy?: MemoryPolicy;
}

/** Shares of the CPU's cache and memory bandwidth, by the resctrl file system (config-linux.md, IntelRdt). */
export interface IntelRdt {
  /** Name of its class of service; the container's id if left out. */
  closID?: string;
  /** Lines of the file schemata. */
  schemata?: string[];
  /** The line for the L3 cache, e.g. `L3:0=ff`. */
  l3CacheSchema?: string;
  /** The line for memory bandwidth, e.g. `MB:0=50`. */
  memBwSchema?: string;
  /** Whether its use is monitored. */
  enableMonitoring?: boolean;
}

/** Allows or denies access to devices; a number that is left out stands for all (config-linux.md, Allowed Device list). */
export interface DeviceRule {
  /** Whether access is allowed. */
  allow: boolean;
  /** Character devices, block devices, or both. */
  type?: 'a' | 'b' | 'c';
  /** Major number. */
  major?: number;
  /** Minor number. */
  minor?: number;
  /** Letters of `rwm`: read, write, make nodes. */
  access?: string;
}

/** A limit for one block device; rate is in bytes or operations a second. */
export interface ThrottleDevice {
  /** Major number. */
  major: number;
  /** Minor number. */
  minor: number;
  /** Bytes or operations a second. */
  rate: Int;
}

/** A weight for one block device, from 10 to 1000. */
export interface WeightDevice {
  /** Major number. */
  major: number;
  /** Minor number. */
  minor: number;
  /** Its share among other cgroups. */
  weight?: number;
  /** The share of the cgroup's own processes among the cgroups below; cgroup v1 alone. */
  leafWeight?: number;
}

/** Limits of memory in bytes, where -1 means no limit (config-linux.md, Memory). */
export interface MemoryLimits {
  /** The most that may be used. */
  limit?: Int;
  /** What is left to it when memory is scarce. */
  reservation?: Int;
  /** The most of memory and swap together. */
  swap?: Int;
  /** The most that the kernel uses for it; newer kernels have no such limit. */
  kernel?: Int;
  /** The most that the kernel uses for TCP; cgroup v1 alone. */
  kernelTCP?: Int;
  /** How readily it is swapped out, from 0 to 100; cgroup v1 alone. */
  swappiness?: Int;
  /** Whether its processes wait instead of being killed when the limit is reached; cgroup v1 alone. */
  disableOOMKiller?: boolean;
  /** Whether cgroups below count; cgroup v1 alone. */
  useHierarchy?: boolean;
  /** Whether an update to less than what is used is refused. */
  checkBeforeUpdate?: boolean;
}

/** Limits of CPU time; times are in microseconds (config-linux.md, CPU). */
export interface CpuLimits {
  /** Its share among other cgroups: 1024 is usual. */
  shares?: Int;
  /** The most time in each period; -1 for no limit. */
  quota?: Int;
  /** How much unused time it may save for later periods. */
  burst?: Int;
  /** Length of a period. */
  period?: Int;
  /** The most real-time in each real-time period; cgroup v1 alone. */
  realtimeRuntime?: Int;
  /** Length of a real-time period; cgroup v1 alone. */
  realtimePeriod?: Int;
  /** The CPUs it may use: a list such as `0-3,7`. */
  cpus?: string;
  /** The memory nodes it may use: a list such as `0-1`. */
  mems?: string;
  /** 1: it gets only what nobody else wants. */
  idle?: Int;
}

/** A limit for the number of tasks. */
export interface PidsLimits {
  /** The most tasks; below 0 for no limit. 0 is a limit. */
  limit?: Int;
}

/** Limits of the use of block devices (config-linux.md, Block IO). */
export interface BlockIoLimits {
  /** Its share among other cgroups, from 10 to 1000. */
  weight?: number;
  /** The share of its own processes among the cgroups below; cgroup v1 alone. */
  leafWeight?: number;
  /** Weights for single devices. */
  weightDevice?: WeightDevice[];
  /** Bytes a second that are read. */
  throttleReadBpsDevice?: ThrottleDevice[];
  /** Bytes a second that are written. */
  throttleWriteBpsDevice?: ThrottleDevice[];
  /** Read operations a second. */
  throttleReadIOPSDevice?: ThrottleDevice[];
  /** Write operations a second. */
  throttleWriteIOPSDevice?: ThrottleDevice[];
}

/** A limit for huge pages of one size. */
export interface HugepageLimit {
  /** Their size, e.g. `2MB`. */
  pageSize: string;
  /** The most bytes of them. */
  limit: Int;
}

/** The priority of what is sent by one interface. */
export interface InterfacePriority {
  /** The interface's name. */
  name: string;
  /** The priority. */
  priority: number;
}

/** What packets of the container are marked with; cgroup v1 alone (config-linux.md, Network). */
export interface NetworkMarks {
  /** The class that tc(8) sorts them by. */
  classID?: number;
  /** Priorities by interface. */
  priorities?: InterfacePriority[];
}

/** Limits of RDMA for one device (config-linux.md, RDMA). */
export interface RdmaLimits {
  /** The most handles. */
  hcaHandles?: number;
  /** The most objects. */
  hcaObjects?: number;
}

/** Limits of the container's cgroup (config-linux.md, Control groups). */
export interface Resources {
  /** Which devices may be used; later rules win. */
  devices?: DeviceRule[];
  /** Memory. */
  memory?: MemoryLimits;
  /** CPU time. */
  cpu?: CpuLimits;
  /** Number of tasks. */
  pids?: PidsLimits;
  /** Block devices. */
  blockIO?: BlockIoLimits;
  /** Huge pages. */
  hugepageLimits?: HugepageLimit[];
  /** Marks of packets. */
  network?: NetworkMarks;
  /** RDMA, by the name of the device. */
  rdma?: Record<string, RdmaLimits>;
  /** Files of cgroup v2 and what is written to them, e.g. `memory.high`. */
  unified?: Record<string, string>;
}

/** A comparison with one argument of a system call (seccomp_rule_add(3)). */
export interface SeccompArg {
  /** Which argument, from 0 to 5. */
  index: number;
  /** What it is compared with; for SCMP_CMP_MASKED_EQ the mask. */
  value: Int;
  /** For SCMP_CMP_MASKED_EQ what the masked argument is compared with. */
  valueTwo?: Int;
  /** How it is compared. */
  op:
    | 'SCMP_CMP_NE'
    | 'SCMP_CMP_LT'
    | 'SCMP_CMP_LE'
    | 'SCMP_CMP_EQ'
    | 'SCMP_CMP_GE'
    | 'SCMP_CMP_GT'
    | 'SCMP_CMP_MASKED_EQ'
    | OtherName;
}

/** What can happen to a system call (seccomp(2)). */
export type SeccompAction =
  | 'SCMP_ACT_KILL'
  | 'SCMP_ACT_KILL_PROCESS'
  | 'SCMP_ACT_KILL_THREAD'
  | 'SCMP_ACT_TRAP'
  | 'SCMP_ACT_ERRNO'
  | 'SCMP_ACT_TRACE'
  | 'SCMP_ACT_ALLOW'
  | 'SCMP_ACT_LOG'
  | 'SCMP_ACT_NOTIFY'
  | OtherName;

/** What happens to these system calls when all comparisons hold. */
export interface SeccompSyscall {
  /** Names of system calls. */
  names: string[];
  /** What happens to them. */
  action: SeccompAction;
  /** The errno of SCMP_ACT_ERRNO, or what a tracer is told by SCMP_ACT_TRACE; EPERM if left out. */
  errnoRet?: number;
  /** Comparisons with their arguments, all of which must hold. */
  args?: SeccompArg[];
}

/** Flags of seccomp(2). */
export type SeccompFlag =
  | 'SECCOMP_FILTER_FLAG_TSYNC'
  | 'SECCOMP_FILTER_FLAG_LOG'
  | 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'
  | 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'
  | OtherName;

/** The seccomp filter, and who gets its notifications (config-linux.md, Seccomp). */
export interface Seccomp {
  /** What happens to system calls that no rule names. */
  defaultAction: SeccompAction;
  /** As `errnoRet` of a rule. */
  defaultErrnoRet?: number;
  /** Architectures besides the machine's own, e.g. `SCMP_ARCH_X86`. */
  architectures?: string[];
  /** Flags of the filter. */
  flags?: SeccompFlag[];
  /** Path of the unix socket that gets the descriptor of SCMP_ACT_NOTIFY. */
  listenerPath?: string;
  /** What is sent there with it. */
  listenerMetadata?: string;
  /** The rules. */
  syscalls?: SeccompSyscall[];
}
