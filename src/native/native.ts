/**
 * The only interface through which the core reaches the machine. Two hosts provide it: `src/hosts/node` by an
 * N-API addon, and `src/hosts/standalone`, where QuickJS and the native code are one executable. Both have the same functions,
 * from the one list in `addon/bindings/exports.h`.
 *
 * Every function is synchronous, and throws a TsruncError 'system' (with `syscall`, `errno`, `path`) when a system call fails.
 * Descriptors are plain numbers; those that are made here are close-on-exec from the start. System calls that a signal
 * interrupts (EINTR) are repeated. Arguments are checked by the callers; native code trusts them. Sizes are in bytes.
 */

/** What stat(2) tells of a file. */
export interface FileStat {
  dev: number;
  ino: number;
  /** st_mode: type and permission bits. */
  mode: number;
  uid: number;
  gid: number;
  rdevMajor: number;
  rdevMinor: number;
  size: number;
  /** st_nlink. A directory of cgroupfs has 2 and one more for each directory in it, so it can be seen to have none. */
  links: number;
}

/** What /proc/PID/stat tells of a process (proc_pid_stat(5)). */
export interface ProcessStat {
  /** Field 2, the name of the program or what it has set by prctl(2): at most 15 bytes. */
  name: string;
  /** Field 3 of /proc/PID/stat: R, S, D, Z, X … */
  state: string;
  ppid: number;
  /** Field 20, the number of threads. A zombie with more than one is still alive: only its first thread has ended. */
  threads: number;
  /** PF_EXITING of field 9: this thread has begun to exit, and may have lost its namespaces, root and memory. */
  exiting: boolean;
  /** Field 22, clock ticks since boot. Together with the pid it identifies a process even after the pid is used again. */
  startTime: number;
}

/**
 * What tsrunc was started with. Node.js changes some of it before any JavaScript runs, so the launcher (addon/launcher) saves it;
 * the standalone executable looks at its own process.
 */
export interface Inherited {
  /** RLIMIT_NOFILE of the caller; Infinity for RLIM_INFINITY. */
  nofileSoft: number;
  nofileHard: number;
  /** Descriptors >= 3 that were open when tsrunc was started, ascending. */
  fds: number[];
}

/** How a program that `command` ran has ended. */
export interface CommandResult {
  /** Exit status, or -1 when killed by a signal. */
  status: number;
  /** Signal that killed it, or 0. */
  signal: number;
  timedOut: boolean;
  /** What it wrote to stdout and stderr: of each the last `outputLimit` bytes. */
  stdout: string;
  stderr: string;
}

/** The value of a field in a step of a plan; encodePlan says how each becomes bytes. */
export type PlanValue = number | bigint | string | readonly string[] | Uint8Array;

/** A process that was started with a socket to talk to it: a container's init (endSpawn) or a service (spawnService). */
export interface SpawnedInit {
  /** Pid of the first process, in the caller's pid namespace. */
  pid: number;
  pidfd: number;
  /** Our end of the socket. For init: a stream, on which the plan is sent and messages come back. */
  socket: number;
}

/** One message of init to the runtime; docs/protocol.md has the diagram. */
export interface InitMessage {
  /** One of MessageKind in src/plan/steps/protocol.ts. */
  kind: number;
  /** Index of the step it belongs to. */
  step: number;
  /** An errno, a pid or the number of a descriptor: it depends on the kind. */
  value: number;
  text: string;
  /** Descriptors that came with it; the receiver has to close them. */
  fds: number[];
}

/** How to start a program that serves requests over a socket: criu. */
export interface ServiceStart {
  /** The program's file: $PATH is not searched. args[0] is its argv[0]. */
  path: string;
  args: string[];
  env: string[];
  /** What becomes its descriptors 0, 1 and 2 (-1: /dev/null), and then 4, 5 and so on; 3 is the socket. */
  fds: number[];
  /** Descriptor of the directory of the cgroup (v2) that it starts in (CLONE_INTO_CGROUP), or -1 for ours. */
  cgroup: number;
  /** If not '', bindSource is mounted over bindTarget in a new mount namespace, which the program alone sees so. */
  bindSource: string;
  bindTarget: string;
}

/** One message of a packet socket. */
export interface Packet {
  data: Uint8Array;
  /** Descriptors that came with it; the receiver has to close them. */
  fds: number[];
}

/** One action for some system calls, as seccompCompile takes it. */
export interface SeccompRule {
  /** SCMP_ACT_* as libseccomp's number; those for an errno or a tracer hold that value in their lower 16 bits. */
  action: number;
  syscalls: string[];
  /** Conditions on the call's arguments; op is libseccomp's enum scmp_compare. Values are u64, as decimal or 0x strings. */
  args: { index: number; op: number; value: string; valueTwo: string }[];
}

/** A compiled seccomp filter. */
export interface SeccompFilter {
  /** An array of struct sock_filter, as the kernel takes it. */
  program: Uint8Array;
  /** System calls that libseccomp doesn't know on these architectures. The filter has no rule for them. */
  unknown: string[];
}

/** What `foreground` stands for. */
export interface ForegroundOptions {
  /** pidfd of the container's process, which must be our child (by birth, or because we are a subreaper). */
  pidfd: number;
  /** The pid to which signals are forwarded. */
  pid: number;
  /** The pty master that stdin is copied to and stdout from, or -1 without a terminal. */
  master: number;
  /** Whether to reap every child that ends, as a subreaper has to, and not only the container's process. */
  reap: boolean;
  /** A descriptor, e.g. of a notify socket: when it becomes readable, the call returns early with kind 'event'. -1 for none. */
  event: number;
}

/** Why `foreground` returned. */
export interface ForegroundResult {
  kind: 'exited' | 'event';
  /** Exit status, or 128 + the signal that ended the process. */
  status: number;
}

/** The functions of the native code. Where one stands for a system call of the same name, its manual page describes it. */
export interface Native {
  // ---- files -----------------------------------------------------------------------------------------------------
  /** A whole file as UTF-8 text; EFBIG when it is larger than limit. Also for procfs, sysfs and cgroupfs, whose sizes are 0. */
  readFile(path: string, limit: number): string;
  /** Like readFile, but null on ENOENT. */
  readFileIfExists(path: string, limit: number): string | null;
  /**
   * Has a thread read files that will be asked for soon, in this order, after those of earlier calls: readFile, readFileIfExists and
   * processStat then take what it has read. It is only for speed: a file that it couldn't read, or not yet, is read as always. Those of the
   * kernel have to be of one record, all of which one read(2) gives.
   */
  readAhead(paths: readonly string[]): void;
  /** Ends that, and forgets what wasn't asked for. */
  endReadAhead(): void;
  /** Writes to a file that must exist, with a single write(2): cgroupfs, procfs and sysfs take each write as a whole value. */
  writeExisting(path: string, data: string): void;
  /** As writeExisting for one value after the other, the file opened once; up to the first that fails. Returns how many were written. */
  writeEach(path: string, values: string[]): number;
  /** Writes a new file `path` (O_CREAT|O_EXCL|O_NOFOLLOW). */
  writeNew(path: string, data: string, mode: number): void;
  /** Writes a temporary file in the same directory and renames it to path: readers find the old text or the new one. */
  writeAtomic(path: string, data: string, mode: number): void;
  /** Adds data at the end of a file, which is made where it is missing, with a single write(2). */
  appendFile(path: string, data: string, mode: number): void;
  /** Repeats write(2) until all data is written; also for pipes and sockets. */
  write(fd: number, data: string): void;
  /** A single read(2) of at most limit bytes as UTF-8; '' at the end of the file, null when it would block. */
  read(fd: number, limit: number): string | null;
  /** A single read(2) of at most limit bytes; an empty array at the end of the file. */
  readBytes(fd: number, limit: number): Uint8Array;
  mkdir(path: string, mode: number): void;
  rmdir(path: string): void;
  unlink(path: string): void;
  rename(from: string, to: string): void;
  mkfifo(path: string, mode: number): void;
  /** Whether any process has the FIFO open for reading; false when there is no such file. */
  hasReader(fifo: string): boolean;
  symlink(target: string, path: string): void;
  readLink(path: string): string;
  /** realpath(3): the absolute path without symlinks. */
  realPath(path: string): string;
  /** The names in a directory without . and .., sorted by their bytes. */
  readDir(path: string): string[];
  /** The words in which the extended regular expression matches anywhere (regex(7)); EINVAL when it is not a valid one. */
  matching(pattern: string, words: string[]): string[];
  /** stat(2), or lstat(2) without follow; null on ENOENT and ENOTDIR. */
  stat(path: string, follow: boolean): FileStat | null;
  fstat(fd: number): FileStat;
  chmod(path: string, mode: number): void;
  chown(path: string, uid: number, gid: number): void;
  /** Removes a directory and all in it. Crosses no mount and follows no symlink. No error when it doesn't exist. */
  removeTree(path: string): void;
  /** The value of an extended attribute as UTF-8 (lgetxattr(2)); null when the file has no such attribute. */
  getXattr(path: string, name: string): string | null;
  /** The same for each of the paths, in order; null also where reading it fails. */
  getXattrs(paths: readonly string[], name: string): (string | null)[];
  /** lsetxattr(2); with create, EEXIST when the file has the attribute already. */
  setXattr(path: string, name: string, value: string, create: boolean): void;
  /** lremovexattr(2); no error when the file has no such attribute. */
  removeXattr(path: string, name: string): void;
  /** open(2) with O_CLOEXEC added; flags are the kernel's numbers (src/native/flags.ts). */
  open(path: string, flags: number, mode: number): number;
  close(fd: number): void;
  /** flock(2); false when LOCK_NB is given and the lock is taken. */
  flock(fd: number, operation: number): boolean;
  /** The type of the file system that path is on: f_type of statfs(2), e.g. CGROUP2_SUPER_MAGIC. */
  fsType(path: string): number;
  /** A new eventfd(2), not blocking, with the count 0. The kernel announces events on it, e.g. for cgroup.event_control of v1. */
  eventFd(): number;
  /** poll(2): takes events for each descriptor (POLLIN ...) and returns revents in that order. timeout in ms, -1 to wait for ever. */
  poll(fds: number[], events: number[], timeout: number): number[];

  // ---- this process ----------------------------------------------------------------------------------------------
  /** [ruid, euid, rgid, egid, pid, ppid]. */
  identity(): number[];
  /** struct utsname: sysname, nodename, release, version, machine. */
  uname(): string[];
  /** The time of CLOCK_MONOTONIC, or of CLOCK_REALTIME if not monotonic, as [seconds, nanoseconds]. */
  clock(monotonic: boolean): number[];
  /** The name that /etc/passwd has for a uid, or null. */
  userName(uid: number): string | null;
  isatty(fd: number): boolean;
  /** How many columns the terminal `fd` has; 0 when it is none, or doesn't say (ioctl_tty(2), TIOCGWINSZ). */
  terminalColumns(fd: number): number;
  /** Sets the umask of this process and returns the old one (umask(2)). */
  umask(mask: number): number;
  /** Whether orphaned descendants become children of this process (PR_SET_CHILD_SUBREAPER). */
  setSubreaper(on: boolean): void;
  inherited(): Inherited;
  /**
   * Which of the newer system calls the running kernel has, each as `NAME ERRNO`: its answer to arguments that it refuses before it
   * does anything. ENOSYS: it doesn't have the call. CLONE_INTO_CGROUP stands for that flag of clone3(2): EBADF where it is known.
   */
  kernelCalls(): string[];

  // ---- processes -------------------------------------------------------------------------------------------------
  /** Reads /proc/PID/stat; null when there is no such process. */
  processStat(pid: number): ProcessStat | null;
  pidfdOpen(pid: number): number;
  pidfdSignal(pidfd: number, signal: number): void;
  kill(pid: number, signal: number): void;
  /** Waits for a child to end (waitid(2)): its exit status, or 128 + signal. With noHang: null while it runs. */
  wait(pidfd: number, noHang: boolean): number | null;
  /** A copy of descriptor `fd` of another process (pidfd_getfd(2)). */
  pidfdGetFd(pidfd: number, fd: number): number;
  /**
   * Runs a program to its end: hooks, newuidmap, ps. path is the program's file ($PATH is not searched), args[0] its argv[0].
   * After timeout (ms; 0: never) it gets SIGKILL. It reads the text stdin, and may leave it unread. cwd '' is ours.
   * The program has no descriptors above 2, default signal handlers, and no signal blocked.
   */
  command(
    path: string,
    args: string[],
    env: string[],
    cwd: string,
    stdin: string,
    timeout: number,
    outputLimit: number,
  ): CommandResult;
  /** The same, but its stdout and stderr are the two descriptors in output and not in the result; with -1 they are in it. */
  commandTo(
    path: string,
    args: string[],
    env: string[],
    cwd: string,
    stdin: string,
    timeout: number,
    outputLimit: number,
    output: number[],
  ): CommandResult;
  /**
   * Prepares a container's init in the background, which takes time that the caller uses meanwhile; one at a time. Makes a sealed
   * memfd to execute, and those of the CLONE_NEWNET, CLONE_NEWIPC and CLONE_NEWUTS in `namespaces` that the container will have:
   * they can exist before init does, and nobody sees them until then. preserve: how many descriptors from 3 on the container
   * keeps. missing: those of these numbers that must stay closed in it.
   */
  prepareSpawn(namespaces: number, preserve: number, missing: number[]): void;
  /**
   * Begins to start the prepared init in the background. Init has one thread, and waits for its slots and its plan. cloneFlags:
   * CLONE_NEW* for clone3(2), including those that were prepared. cgroupFd: the cgroup it is born into (CLONE_INTO_CGROUP), which
   * must stay open until endSpawn, or -1. stdio: descriptors for its 0, 1 and 2 (-1: /dev/null).
   * @returns the socket that endSpawn will return. Parts of the plan may be sent on it at once: init reads them when it runs, and
   *   sending fails with EPIPE when it could not be started.
   */
  beginSpawn(cloneFlags: number, cgroupFd: number, stdio: number[]): number;
  /**
   * Waits until that init runs. When it could not be started, throws the reason and closes the socket; throws ECANCELED when init
   * was prepared and beginSpawn was not called.
   */
  endSpawn(): SpawnedInit;
  /** Sends a plan or a part of it, before it the descriptors for init's next free slots (0, 1, 2 ... at first). */
  sendPlan(socket: number, slots: number[], plan: Uint8Array): void;
  /** Sends bytes on the socket of a service (a packet), or of a bus. */
  send(socket: number, data: Uint8Array): void;
  /** Sends init a reply (src/plan/steps/protocol.ts): its header, and then each text as u32 length and UTF-8. */
  sendReply(socket: number, kind: number, texts: readonly string[]): void;
  /**
   * The bytes of a plan as init reads them (src/plan/steps/step-table.ts). A step is the number of its kind, followed by the values
   * of its fields: numbers for u32, i32 and slots, bigints for u64 and i64. With more, another part of the plan follows.
   * Throws EINVAL for a string that holds a NUL; the checks of the configuration have refused such strings before.
   */
  encodePlan(magic: number, layout: number, steps: readonly (readonly PlanValue[])[], more: boolean): Uint8Array;
  /** Waits for the next message of init; null when init has closed its end. */
  receive(socket: number): InitMessage | null;
  /**
   * Starts a program with one end of a packet socket (SOCK_SEQPACKET) as its descriptor 3; `socket` of the result is the other
   * end, for send and receivePacket. The program has no descriptors but the given ones, default signal handlers, and no signal
   * blocked. It stays in our session and process group.
   */
  spawnService(start: ServiceStart): SpawnedInit;
  /** Waits for the next packet of a service; null when it has closed its end. */
  receivePacket(socket: number): Packet | null;
  /**
   * From now on signals to this process don't act on it but wait for foreground(), which forwards them. Call it before a container
   * for the foreground is made, so that no signal gets lost until foreground(), which calls it too. More than one call is fine.
   */
  catchSignals(): void;
  /**
   * Sets up the pty master of a container in the foreground: no CR before LF, since the outer terminal adds one, and the size of
   * our window. Call it when the master arrives, before the process runs; foreground() calls it too.
   */
  prepareTerminal(master: number): void;
  /**
   * Acts for a container in the foreground until it ends: forwards signals, copies between our terminal (in raw mode) and the
   * container's, passes on the window size, reaps children. Our terminal has its old modes again when this returns.
   */
  foreground(options: ForegroundOptions): ForegroundResult;

  // ---- namespaces, devices, sockets ------------------------------------------------------------------------------
  /** The CLONE_NEW* flag of the namespace that a descriptor refers to (NS_GET_NSTYPE of ioctl_nsfs(2)). */
  namespaceType(fd: number): number;
  /** The descriptor of a new user namespace with these maps (the texts of uid_map and gid_map): for idmapped mounts. */
  userNamespace(uidMap: string, gidMap: string): number;
  /**
   * Moves a network interface into the network namespace of process pid, and renames it to newName, in which %d becomes the
   * lowest number that is free there. It keeps its global addresses, which the kernel would drop, and is up afterwards. Where
   * the name is taken it stays (EEXIST).
   */
  moveNetDevice(name: string, pid: number, newName: string): void;
  /** Loads a BPF_PROG_TYPE_CGROUP_DEVICE program and attaches it to a cgroup (v2), in place of the one tsrunc attached before. */
  attachDeviceFilter(cgroupPath: string, program: Uint8Array): void;
  /** Connects to a unix stream socket (its path may be of any length) and sends one message: payload and descriptors. */
  sendDescriptors(socketPath: string, payload: string, fds: number[]): void;
  /**
   * Connects to a unix stream socket; its path may be of any length, and a leading @ means an abstract one.
   * timeout: how long (ms) connecting, and later each send, may wait.
   */
  connectStream(path: string, timeout: number): number;
  /** Makes and binds a unix datagram socket (the path may be of any length); returns its descriptor. Its mode follows the umask. */
  bindDatagram(path: string): number;
  /** Sends one datagram with descriptors to a unix socket; a leading @ in path means an abstract one. */
  sendDatagram(path: string, payload: string, fds: number[]): void;

  // ---- seccomp ---------------------------------------------------------------------------------------------------
  /** The version of libseccomp: [major, minor, micro]. */
  seccompVersion(): number[];
  /** Compiles a filter with libseccomp. architectures: SCMP_ARCH_* tokens; the machine's own is always added. */
  seccompCompile(defaultAction: number, architectures: number[], rules: SeccompRule[]): SeccompFilter;
  /**
   * The filter that cacheFilter kept in the directory `directory` for `key`. Empty when there is none, when it is damaged, or when
   * anybody but us could have written it: another user must not decide what a container may call.
   */
  cachedFilter(directory: string, key: string): Uint8Array;
  /**
   * Keeps a compiled filter in the directory `directory`, which holds a few dozen; the oldest one makes room. Failures are not
   * reported: the filter is then compiled again next time.
   */
  cacheFilter(directory: string, key: string, program: Uint8Array): void;
  /**
   * What the running kernel supports, as two bit sets: [SECCOMP_FILTER_FLAG_*, actions]. Bit n of actions is the nth of kill
   * process, kill thread, trap, errno, user notification, trace, log, allow.
   */
  seccompKernel(): number[];
  /** The name of the system call with this number on the machine's own architecture, or ''. */
  syscallName(number: number): string;

  // ---- tracing ---------------------------------------------------------------------------------------------------
  /** From now on every call of these functions is noted, the first 100,000 of them; and what the functions below are told. */
  beginTrace(): void;
  /** A phase of the command begins, and the one before ends. */
  tracePhase(name: string): void;
  /** Calls about this path are for this field of the configuration, unless another one was named first. */
  traceField(path: string, pointer: string): void;
  /** A process carries these steps out. @param program what those are about that find and execute it */
  traceProcess(pid: number, steps: readonly { step: string; pointer: string }[], program: string): void;
  /** The memory in which init notes when its steps begin and end: a descriptor that writeTrace closes. */
  stepTimes(): number;
  /** No more is noted. Returns the errno of calls that failed, each once. */
  endTrace(): number[];
  /**
   * Writes the calls in the order of their ends, the phases and the steps, in the Trace Event Format, and forgets them. A call has its
   * name and, where its first argument is an absolute path, that. Whatever else the file held is gone then.
   * @param title what the runtime's line of the picture is called
   * @param errors a text for each number that endTrace returned
   */
  writeTrace(fd: number, title: string, errors: readonly string[]): void;
}
