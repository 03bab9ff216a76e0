/**
 * All that the core knows of the machine. Two hosts implement it: `src/native/node` over the N-API addon, and the
 * standalone executable over QuickJS; both from the one export table in `addon/bindings`.
 *
 * Every function is synchronous and throws a TsruncError of code 'system' (with `syscall`, `errno`, `path`) when the
 * system call fails. Descriptors are plain ints, CLOEXEC from birth. EINTR is retried inside. JavaScript validates
 * arguments, native trusts them. Sizes are bytes, times as named.
 */

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
  /** st_nlink; of a folder of cgroupfs: 2 and the number of folders in it. */
  links: number;
}

export interface ProcessStat {
  /** Field 3 of /proc/PID/stat: R, S, D, Z, X … */
  state: string;
  ppid: number;
  /** Field 20. A zombie with more than one is alive: only its first thread has ended. */
  threads: number;
  /** Field 22, clock ticks since boot: with the pid it names a process for good. */
  startTime: number;
}

/** What the launcher saved before Node changed it; on the standalone host simply what the process has. */
export interface Inherited {
  /** RLIMIT_NOFILE of the caller; Infinity for RLIM_INFINITY. */
  nofileSoft: number;
  nofileHard: number;
  /** Descriptors >= 3 that were open when tsrunc was started, ascending. */
  fds: number[];
}

export interface CommandResult {
  /** Exit status, or -1 when killed by a signal. */
  status: number;
  /** Signal that killed it, or 0. */
  signal: number;
  timedOut: boolean;
  /** What it wrote to stdout / stderr, each cut to its last `outputLimit` bytes. */
  stdout: string;
  stderr: string;
}

/** A field of a step of a plan. */
export type PlanValue = number | bigint | string | readonly string[] | Uint8Array;

export interface SpawnedInit {
  /** Pid of the first process, in the caller's pid namespace. */
  pid: number;
  pidfd: number;
  /** Our end of the stream socket that the plan goes down and the messages come up. */
  socket: number;
}

/** One message of init to the runtime; docs/protocol.md has the diagram. */
export interface InitMessage {
  /** One of MessageKind in src/plan/steps/protocol.ts. */
  kind: number;
  /** Index of the step it belongs to. */
  step: number;
  /** errno, pid or descriptor number, by kind. */
  value: number;
  text: string;
  /** Descriptors that came with it. */
  fds: number[];
}

/** A program that serves requests over a socket. */
export interface ServiceStart {
  /** Executed as it is (no PATH search); args[0] is argv[0]. */
  path: string;
  args: string[];
  env: string[];
  /** Descriptors for its 0, 1, 2 (-1: /dev/null) and then, after the socket at 3, for 4 and on. */
  fds: number[];
  /** A folder of cgroup v2 to start in (CLONE_INTO_CGROUP), or -1. */
  cgroup: number;
  /** Bound at bindTarget in a mount namespace of the program's own, which sees the host's mounts; '' for neither. */
  bindSource: string;
  bindTarget: string;
}

/** One message of a packet socket. */
export interface Packet {
  data: Uint8Array;
  /** Descriptors that came with it. */
  fds: number[];
}

export interface SeccompRule {
  /** SCMP_ACT_* as libseccomp's number (action | errno data). */
  action: number;
  syscalls: string[];
  /** Conditions on the arguments of the call; op is libseccomp's enum scmp_compare. Values are decimal or 0x strings of u64. */
  args: { index: number; op: number; value: string; valueTwo: string }[];
}

export interface SeccompFilter {
  /** struct sock_filter[], as the kernel takes it. */
  program: Uint8Array;
  /** Names libseccomp does not know on this machine's architectures (they were left out). */
  unknown: string[];
}

export interface ForegroundOptions {
  /** pidfd of the container's process (a child of ours, or reparented to us). */
  pidfd: number;
  /** pid to send forwarded signals to. */
  pid: number;
  /** Pty master to copy stdin/stdout to and from, or -1 without a terminal. */
  master: number;
  /** Reap every child (we are a subreaper) and not only pid. */
  reap: boolean;
  /** A descriptor that, when readable, makes the call return early with kind 'event' (e.g. a notify socket), or -1. */
  event: number;
}

export interface ForegroundResult {
  kind: 'exited' | 'event';
  /** Exit status, or 128 + signal. */
  status: number;
}

export interface Native {
  // ---- files -----------------------------------------------------------------------------------------------------
  /** Whole file as UTF-8 text; EFBIG when larger than limit. Works on procfs, sysfs and cgroupfs (size 0 there). */
  readFile(path: string, limit: number): string;
  /** Like readFile, but null on ENOENT. */
  readFileIfExists(path: string, limit: number): string | null;
  /** open(O_WRONLY|O_TRUNC, never O_CREAT), one write(2) of all of it: for cgroup, proc and sysfs files. */
  writeExisting(path: string, data: string): void;
  /** Writes a new file `path` (O_CREAT|O_EXCL|O_NOFOLLOW). */
  writeNew(path: string, data: string, mode: number): void;
  /** Temporary file in the same folder, then rename(2). */
  writeAtomic(path: string, data: string, mode: number): void;
  /** open(O_WRONLY|O_APPEND|O_CREAT), one write(2). */
  appendFile(path: string, data: string, mode: number): void;
  /** write(2) until all is written (for 1 and 2 and sockets). */
  write(fd: number, data: string): void;
  /** One read(2) of at most limit bytes as UTF-8; '' at EOF; null when it would block. */
  read(fd: number, limit: number): string | null;
  /** One read(2) of at most limit bytes; none at EOF. */
  readBytes(fd: number, limit: number): Uint8Array;
  mkdir(path: string, mode: number): void;
  rmdir(path: string): void;
  unlink(path: string): void;
  rename(from: string, to: string): void;
  mkfifo(path: string, mode: number): void;
  /** Whether anybody has a FIFO open for reading; false for one that isn't there. */
  hasReader(fifo: string): boolean;
  symlink(target: string, path: string): void;
  readLink(path: string): string;
  /** realpath(3): absolute, without symlinks. */
  realPath(path: string): string;
  /** Names without . and .., sorted bytewise. */
  readDir(path: string): string[];
  /** Those of the words that hold a match of an extended regular expression, regex(7); EINVAL when it is none. */
  matching(pattern: string, words: string[]): string[];
  /** null on ENOENT and ENOTDIR. follow: stat(2), else lstat(2). */
  stat(path: string, follow: boolean): FileStat | null;
  fstat(fd: number): FileStat;
  chmod(path: string, mode: number): void;
  chown(path: string, uid: number, gid: number): void;
  /** Removes a folder and all in it, by descriptors, crossing no mount and following no symlink. Missing is fine. */
  removeTree(path: string): void;
  /** lgetxattr(2) as UTF-8; null when there is no such attribute. */
  getXattr(path: string, name: string): string | null;
  /** The same for each of the paths; null also where it can't be told. */
  getXattrs(paths: readonly string[], name: string): (string | null)[];
  /** lsetxattr(2); create: EEXIST when it is there. */
  setXattr(path: string, name: string, value: string, create: boolean): void;
  /** lremovexattr(2); missing is fine. */
  removeXattr(path: string, name: string): void;
  /** open(2) with O_CLOEXEC added; flags are the kernel's numbers (src/native/flags.ts). */
  open(path: string, flags: number, mode: number): number;
  close(fd: number): void;
  /** flock(2); false when it would block (LOCK_NB). */
  flock(fd: number, operation: number): boolean;
  /** statfs(2) f_type, e.g. CGROUP2_SUPER_MAGIC. */
  fsType(path: string): number;
  /** eventfd(2), not blocking, at 0: what kernel interfaces that tell of events are given to write to. */
  eventFd(): number;
  /** poll(2): events per descriptor (POLLIN 1, POLLPRI 2, POLLOUT 4); returns revents in the same order. timeout ms, -1 for none. */
  poll(fds: number[], events: number[], timeout: number): number[];

  // ---- this process ----------------------------------------------------------------------------------------------
  /** [ruid, euid, rgid, egid, pid, ppid]. */
  identity(): number[];
  /** struct utsname: sysname, nodename, release, version, machine. */
  uname(): string[];
  /** CLOCK_REALTIME / CLOCK_MONOTONIC as [seconds, nanoseconds]. */
  clock(monotonic: boolean): number[];
  /** Name of a uid in /etc/passwd, or null. */
  userName(uid: number): string | null;
  isatty(fd: number): boolean;
  /** umask(2) of this process; returns the old one. */
  umask(mask: number): number;
  /** PR_SET_CHILD_SUBREAPER. */
  setSubreaper(on: boolean): void;
  inherited(): Inherited;

  // ---- processes -------------------------------------------------------------------------------------------------
  /** From /proc/PID/stat; null when there is none. */
  processStat(pid: number): ProcessStat | null;
  pidfdOpen(pid: number): number;
  pidfdSignal(pidfd: number, signal: number): void;
  kill(pid: number, signal: number): void;
  /** waitid(P_PIDFD, WEXITED): status, or 128 + signal; null with noHang while it runs. */
  wait(pidfd: number, noHang: boolean): number | null;
  /** Descriptor `fd` of another process (pidfd_getfd). */
  pidfdGetFd(pidfd: number, fd: number): number;
  /**
   * Runs a program to its end: hooks, newuidmap, ps. path is executed as it is (no PATH search); args[0] is argv[0].
   * timeout in ms (0: none) ends in SIGKILL. stdin is fed and EPIPE there ignored. cwd '' leaves it.
   * Descriptors above 2 are closed, signals are default, the mask is empty.
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
  /** The same with descriptors for its stdout and stderr, which are not in the result then; -1: none. */
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
   * Makes ready what a container's init needs, in the background, one at a time: a sealed memfd to execute, and of the
   * namespaces it will have some that it needn't be there for (CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS), which nobody sees
   * before. preserve: how many descriptors from 3 on the container keeps; missing: those of them at which nothing is to be open.
   */
  prepareSpawn(namespaces: number, preserve: number, missing: number[]): void;
  /**
   * Begins to start that init, in the background: single-threaded, it waits for its slots and its plan. cloneFlags: CLONE_NEW*
   * for clone3, those made ahead among them; cgroupFd: CLONE_INTO_CGROUP or -1, to be kept open until endSpawn. stdio: three
   * descriptors for 0, 1, 2 (-1: /dev/null). Returns the socket that endSpawn will return: parts of the plan may be sent
   * already, which find init when it is there, or fail with EPIPE.
   */
  beginSpawn(cloneFlags: number, cgroupFd: number, stdio: number[]): number;
  /** Waits until that init is there; throws what went wrong with it (and closes the socket), ECANCELED if it was only prepared for. */
  endSpawn(): SpawnedInit;
  /** Sends a plan or a part of it, and what init finds in its slots 0, 1, 2 …, or in the next ones. */
  sendPlan(socket: number, slots: number[], plan: Uint8Array): void;
  /** Sends bytes down the socket: a reply. */
  send(socket: number, data: Uint8Array): void;
  /**
   * The wire form of a plan (src/plan/steps/step-table.ts). A step is the number of its kind and the values of its fields; numbers
   * are u32, i32 and slots, bigints u64 and i64; more: a part of the plan follows. Throws EINVAL for a string that holds a NUL:
   * validation refuses those.
   */
  encodePlan(magic: number, layout: number, steps: readonly (readonly PlanValue[])[], more: boolean): Uint8Array;
  /** Next message of init, waiting for it; null when the other end is closed. */
  receive(socket: number): InitMessage | null;
  /**
   * Starts a program with one end of a packet socket (SOCK_SEQPACKET) as its descriptor 3. Signals are default, the mask is
   * empty, other descriptors are closed; it stays in our session and process group. The other end is `socket`; `send` writes to it.
   */
  spawnService(start: ServiceStart): SpawnedInit;
  /** Next packet, waiting for it; null when the other end is closed. */
  receivePacket(socket: number): Packet | null;
  /**
   * From now on signals to this process are kept for foreground() instead of acting. To be called before the container is
   * made in the foreground, so that none is lost between; foreground() does it itself at the latest. Again is fine.
   */
  catchSignals(): void;
  /**
   * Makes the pty master of a foreground container ready: no CR before LF (the outer terminal adds it), our window size.
   * To be called when the master comes, before the process runs; foreground() does it itself at the latest.
   */
  prepareTerminal(master: number): void;
  /**
   * Stands in the foreground for a container: forwards signals, copies a terminal (raw mode and window size too),
   * reaps, waits. Restores the terminal before it returns.
   */
  foreground(options: ForegroundOptions): ForegroundResult;

  // ---- namespaces, devices, sockets ------------------------------------------------------------------------------
  /** ioctl(NS_GET_NSTYPE): the CLONE_NEW* flag of a namespace descriptor. */
  namespaceType(fd: number): number;
  /** A user namespace with these maps (text of uid_map and gid_map), as a descriptor: for idmapped mounts. */
  userNamespace(uidMap: string, gidMap: string): number;
  /** Moves a network interface into the network namespace of pid, under a new name, with its global addresses, up. */
  moveNetDevice(name: string, pid: number, newName: string): void;
  /** BPF_PROG_LOAD of a BPF_PROG_TYPE_CGROUP_DEVICE program and attach to the cgroup, replacing what tsrunc attached before. */
  attachDeviceFilter(cgroupPath: string, program: Uint8Array): void;
  /** Connects a stream socket (any path length) and sends one message with payload and descriptors. */
  sendDescriptors(socketPath: string, payload: string, fds: number[]): void;
  /** Connects a stream socket (any path length, a leading @ means abstract). timeout: ms that it and sends on it may wait. */
  connectStream(path: string, timeout: number): number;
  /** Binds a SOCK_DGRAM unix socket (any path length), mode 0666-able by chmod afterwards. */
  bindDatagram(path: string): number;
  /** Sends one datagram to a unix socket (a leading @ means abstract), with descriptors. */
  sendDatagram(path: string, payload: string, fds: number[]): void;

  // ---- seccomp ---------------------------------------------------------------------------------------------------
  /** [major, minor, micro] of libseccomp. */
  seccompVersion(): number[];
  /** Compiles with libseccomp. architectures: SCMP_ARCH_* tokens, the native one is always in. */
  seccompCompile(defaultAction: number, architectures: number[], rules: SeccompRule[]): SeccompFilter;
  /**
   * The filter that cacheFilter kept in `folder` for `key`; empty when there is none, it is damaged, or anybody but us
   * could have written it.
   */
  cachedFilter(folder: string, key: string): Uint8Array;
  /** Keeps a compiled filter. Best effort: never an error. The folder holds a few dozen, the oldest goes first. */
  cacheFilter(folder: string, key: string, program: Uint8Array): void;
  /**
   * What the kernel knows: [SECCOMP_FILTER_FLAG_* as its bits, actions], where bit n of actions is the nth of kill process,
   * kill thread, trap, errno, user notification, trace, log, allow.
   */
  seccompKernel(): number[];
  /** Name of the syscall with this number on the native architecture, or ''. */
  syscallName(number: number): string;
}
