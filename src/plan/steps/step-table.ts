/**
 * Defines all steps that init knows. From this table `scripts/generate-steps.mjs` generates the TypeScript types with
 * the order of the fields (src/plan/steps/generated/steps.ts), the C++ structs with their decoder
 * (addon/init/generated/steps.h), and the declarations of the functions that carry the steps out
 * (addon/init/generated/step-functions.h). A new step takes an entry here, a function `run` in addon/init and a line
 * in src/plan/explain/explain-steps.ts; the build fails if one of the latter is missing.
 *
 * Wire form of a plan, or of one of its parts (little endian, every item aligned to 8 bytes from the start of the
 * plan):
 *   header  u32 magic (MAGIC below) · u32 layout (LAYOUT) · u32 bytes in all · u32 number of steps ·
 *           u32 1 when a part follows, else 0 · u32 0: PlanHeader of addon/core/wire.h
 *   step    u32 number of the step's kind (index in this table) · u32 bytes of the step with this header · fields in order
 *   u32, i32, slot   8 bytes (value in the low half)      u64, i64  8 bytes
 *   str     u32 length · bytes · NUL, padded to 8         bytes     u32 length · 4 bytes of zero · bytes, padded to 8
 *   strs    u32 count · 4 bytes of zero · then each as str
 * Strings hold no NUL. The decoder checks every length against the step's and the plan's end before use
 * (CVE-2021-43784).
 *
 * The decoder reads each field by its type in this table. The encoder (addon/core/encode-plan.cc) doesn't know the
 * types: it gets the values in the order of the fields and writes each by its JavaScript type (number, bigint,
 * string, list of strings, bytes). The generated types of the steps keep the two in agreement: a field of type u64
 * takes nothing but a bigint.
 *
 * A slot is an index in init's table of descriptors. Slots from 0 on hold the descriptors that the runtime sends with
 * the plan (ProcessPlan.slots) or with each part of it; the slots that steps fill begin at STEP_SLOTS. NO_SLOT means
 * none.
 *
 * "In the root" always means: openat2(root, path, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), and from then on the
 * descriptor is used, never the path. A missing target is made, each component by mkdirat on the descriptor of its
 * parent.
 */
export type FieldType = 'u32' | 'i32' | 'u64' | 'i64' | 'str' | 'bytes' | 'strs' | 'slot';

/** One kind of step: its name and its fields, in the order in which they are encoded. */
export interface StepDefinition {
  readonly name: string;
  readonly fields: readonly (readonly [name: string, type: FieldType])[];
}

/** The first word of an encoded plan: the bytes 'TSRP'. */
export const MAGIC = 0x50525354;
/** Version of the encoding, checked by init: raised when the wire form itself changes, not for a new step. */
export const LAYOUT = 4;
/** The value of a slot field that stands for no descriptor. */
export const NO_SLOT = 0xffffffff;
/** The first of the slots that steps fill, so also how many slots the runtime may fill. */
export const STEP_SLOTS = 1024;
/** How many slots init has in all. */
export const SLOT_LIMIT = 8192;

// Lets the bundler leave the table out of the runtime, which uses only the generated one.
/* @__NO_SIDE_EFFECTS__ */
const step = (name: string, ...fields: [string, FieldType][]): StepDefinition => ({ name, fields });

/** All kinds of steps. The index of an entry is the kind's number in an encoded plan. */
export const stepTable: readonly StepDefinition[] = [
  // ---- before the namespaces: still in the runtime's own namespaces ------------------------------------------------
  // mmap(MAP_SHARED) of the runtime's memory, in which init notes when this step and those after it begin and end; for
  // --trace.
  step('step-times', ['memory', 'slot']),
  // Writes 0, which means the writer, to a file of a cgroup. The kernel checks the rights of whoever opened the file;
  // here they are still the runtime's. A thread that moves only itself (`tasks` of cgroup v1) needs no lock against
  // forks and exits; any other move may wait for an RCU grace period of 10 ms: cgroup_procs_write_start.
  step('join-cgroup', ['path', 'str']),
  // /proc/self/oom_score_adj, while the process is dumpable and /proc is the host's.
  step('oom-score-adj', ['value', 'i32']),
  // prctl(PR_SET_DUMPABLE). Init starts dumpable; 0 before the first container namespace is entered (CVE-2016-9962).
  step('dumpable', ['value', 'u32']),
  // sched_setaffinity(0); mask is the kernel's cpumask, little endian.
  step('cpu-affinity', ['mask', 'bytes']),
  // open_tree(source, OPEN_TREE_CLONE [| AT_RECURSIVE]) in the runtime's mount namespace, kept in slot. noFollow: if
  // source ends in a symlink, that symlink is opened.
  step('clone-tree', ['source', 'str'], ['recursive', 'u32'], ['noFollow', 'u32'], ['slot', 'slot']),
  // mount_setattr(tree, MOUNT_ATTR_IDMAP, userns) on a detached tree from clone-tree (or of a mount-fs kept in a
  // slot).
  step('idmap-tree', ['tree', 'slot'], ['userns', 'slot'], ['recursive', 'u32']),

  // A tmpfs, attached nowhere, for the nodes of the next step; kept in slot. label: the value of the mount option
  // that `context` names, '' for none.
  step('device-directory', ['label', 'str'], ['context', 'str'], ['slot', 'slot']),
  // Makes a node that a user namespace may not make: mknodat of `name` in such a directory, fchownat to ids of the
  // host, fchmodat2. A clone of that node alone is kept in slot, for device-bind. Kernels before 6.15 can't clone
  // from a tree that is attached nowhere; there the host's node at path is cloned.
  step(
    'device-ahead',
    ['directory', 'slot'],
    ['name', 'str'],
    ['path', 'str'],
    ['type', 'u32'],
    ['major', 'u32'],
    ['minor', 'u32'],
    ['mode', 'u32'],
    ['uid', 'u32'],
    ['gid', 'u32'],
    ['slot', 'slot'],
  ),

  // ---- namespaces ---------------------------------------------------------------------------------------------------
  // setns(descriptor, type): joins one namespace, and closes the slot.
  step('join-namespace', ['descriptor', 'slot'], ['type', 'u32']),
  // setns(pidfd, flags): several namespaces of one process at once (exec).
  step('join-process', ['pidfd', 'slot'], ['flags', 'u32']),
  // unshare(flags).
  step('unshare', ['flags', 'u32']),
  // /proc/self/timens_offsets of the time namespace made for children; text as the kernel reads it.
  step('time-offsets', ['offsets', 'str']),
  // Tells the runtime that point `event` (SyncEvent) is reached and waits for its reply, whose payload is kept: for
  // create-runtime the state documents that the hook steps pass to their hooks, if there are any.
  step('sync', ['event', 'u32']),
  // setresgid(gid), setresuid(uid): ids of the user namespace just entered. setgroups isn't called.
  step('become', ['uid', 'u32'], ['gid', 'u32']),
  // clone3(CLONE_PARENT | CLONE_PIDFD): the child goes on with the next step, the parent sends `forked` (pid, pidfd)
  // and exits.
  step('fork'),
  // Closes the runtime's /proc, so that init has no descriptor of the host when it appears among the container's
  // processes, where one with CAP_SYS_PTRACE could take it (CVE-2016-9962). No later step may need procfs.
  step('close-proc'),
  // Brings `lo` up (SIOCSIFFLAGS).
  step('loopback'),
  // keyctl(KEYCTL_JOIN_SESSION_KEYRING, name), with label in attr/keycreate when not ''. ENOSYS is fine.
  step('session-keyring', ['name', 'str'], ['label', 'str']),
  // setsid(2).
  step('setsid'),

  // ---- root file system ---------------------------------------------------------------------------------------------
  // mount(NULL, "/", NULL, flags): MS_REC | MS_SLAVE and so on, on the whole of the new mount namespace.
  step('tree-propagation', ['flags', 'u64']),
  // Opens path (absolute; last component no symlink), makes the mount that holds it private, binds it recursively on
  // itself, and keeps the descriptor of the new mount as "the root". With a tree slot that tree is attached there
  // instead. attach 0 (no mount namespace of its own): the clone (open_tree, AT_RECURSIVE) is attached nowhere and no
  // other mount is touched; the descriptor of the detached tree is the root, and lives until exec. Mounts in it need
  // Linux 6.15.
  step('open-root', ['path', 'str'], ['tree', 'slot'], ['attach', 'u32']),
  // Takes "/" as the root: for a process that joined a mount namespace, or needs none (exec).
  step('adopt-root'),
  // Takes the directory in a slot as the root: fchdir, chroot("."), chdir("/"). For exec in a container without its
  // own mount namespace, as setns(2) changes the root only with a mount namespace.
  step('enter-root', ['root', 'slot']),
  // fsopen(type) + fsconfig of source, flags ("ro", "sync", … without value) and options ("key=value") +
  // FSCONFIG_CMD_CREATE + fsmount(attributes = MOUNT_ATTR_*), attached at target in the root (a directory, made if
  // missing). Falls back to mount(2) on the descriptor where the file system has no fsconfig for an option. copyUp:
  // what lies below is copied into the new tmpfs first. mustBeDirectory: target may not pass through a symlink
  // (/proc, /sys, /dev: CVE-2019-19921, CVE-2023-28642). mode: permission bits of the target if it is made.
  // inheritMode: the root of the new file system takes the permission bits of the directory it covers, if that was
  // there (a tmpfs without mode=). keep: the slot that gets the mount's descriptor.
  step(
    'mount-fs',
    ['type', 'str'],
    ['source', 'str'],
    ['parameters', 'strs'],
    ['attributes', 'u64'],
    ['target', 'str'],
    ['mode', 'u32'],
    ['inheritMode', 'u32'],
    ['copyUp', 'u32'],
    ['mustBeDirectory', 'u32'],
    ['userns', 'slot'],
    ['keep', 'slot'],
  ),
  // Attaches a tree at target in the root: tree is a slot of clone-tree, or NO_SLOT and source is cloned here (by
  // path in this mount namespace, before the root is changed). The target is made as a directory or an empty file,
  // like the source. Before it is attached, mount_setattr(set, clear) on the mount itself, then (recursiveSet,
  // recursiveClear) on it and all below. keep: the slot that gets the mount's descriptor. sourceNoFollow: as noFollow
  // of clone-tree. copyLink: if source ends in a symlink, the same symlink is made at target, and nothing is mounted.
  // targetNoFollow: target has to exist and may not be in proc, sysfs or devpts; if it ends in a symlink, that
  // symlink is mounted on.
  step(
    'mount-bind',
    ['tree', 'slot'],
    ['source', 'str'],
    ['recursive', 'u32'],
    ['target', 'str'],
    ['setAttributes', 'u64'],
    ['clearAttributes', 'u64'],
    ['recursiveSet', 'u64'],
    ['recursiveClear', 'u64'],
    ['mustBeDirectory', 'u32'],
    ['keep', 'slot'],
    ['sourceNoFollow', 'u32'],
    ['copyLink', 'u32'],
    ['targetNoFollow', 'u32'],
  ),
  // open_tree(OPEN_TREE_CLONE [| AT_RECURSIVE]) of a path in the root, with the mounts made there so far; kept in
  // slot. noFollow: as for clone-tree.
  step('clone-in-root', ['source', 'str'], ['recursive', 'u32'], ['noFollow', 'u32'], ['slot', 'slot']),
  // The next two, and mount-propagation, change a mount: the one that an earlier step kept in a slot, or with NO_SLOT
  // the one that is at target in the root now (for `remount`, which knows only the path). mount_setattr(set, clear),
  // with AT_RECURSIVE when recursive is 1.
  step(
    'mount-attributes',
    ['mount', 'slot'],
    ['target', 'str'],
    ['setAttributes', 'u64'],
    ['clearAttributes', 'u64'],
    ['recursive', 'u32'],
  ),
  // The mount's file system: fspick + fsconfig of the parameters + FSCONFIG_CMD_RECONFIGURE. Then, when iversion is 1
  // or 2, MS_I_VERSION is set or cleared by mount(2) MS_REMOUNT with every other flag as it is.
  step('mount-reconfigure', ['mount', 'slot'], ['target', 'str'], ['parameters', 'strs'], ['iversion', 'u32']),
  // umount2(MNT_DETACH | UMOUNT_NOFOLLOW) of target in the root; no component of it may be a symlink.
  step('unmount', ['target', 'str']),
  // mount_setattr(propagation) of a mount, found as for mount-attributes.
  step('mount-propagation', ['mount', 'slot'], ['target', 'str'], ['flags', 'u64']),
  // In the root: mknodat by the descriptor of the parent directory, fchmod, fchown; an existing node of the same type
  // and number is kept, unless this mode and owner would give fewer users access; anything else there is covered by
  // one made in a tmpfs, unless it is a directory: that is an error. type is S_IFCHR, S_IFBLK or S_IFIFO.
  step(
    'device-node',
    ['path', 'str'],
    ['type', 'u32'],
    ['major', 'u32'],
    ['minor', 'u32'],
    ['mode', 'u32'],
    ['uid', 'u32'],
    ['gid', 'u32'],
  ),
  // Binds the host's node at path to the same path in the root, if no node can be made: read-only (which protects its
  // mode and owner, the device can still be written to), nosuid, noexec. A node of device-ahead belongs to the
  // container and isn't read-only. tree is a slot of clone-tree or device-ahead, or NO_SLOT and the node is cloned
  // here. The clone has to be a node of that type and numbers, and may not give access to users that this mode and
  // owner would not.
  step(
    'device-bind',
    ['tree', 'slot'],
    ['path', 'str'],
    ['type', 'u32'],
    ['major', 'u32'],
    ['minor', 'u32'],
    ['mode', 'u32'],
    ['uid', 'u32'],
    ['gid', 'u32'],
  ),
  // In the root: symlinkat by the parent's descriptor. Whatever is there already stays. With cover (ptmx) anything
  // but the same symlink is covered: by pts/ptmx of the devpts at /dev/pts, or without one by /dev/null; a directory
  // is an error.
  step('symlink', ['path', 'str'], ['target', 'str'], ['cover', 'u32']),
  // Opens ptmx of the devpts mounted at /dev/pts in the root (devpts magic, 5:2), sets the size, sends the master to
  // the runtime (message `console`), opens the slave with TIOCGPTPEER, binds it at /dev/console in the root when bind
  // is 1, and makes it 0, 1, 2 and the controlling terminal. uid: owner of the slave (fchown).
  step('console', ['rows', 'u32'], ['columns', 'u32'], ['uid', 'u32'], ['bind', 'u32']),
  // pivot_root(".", "."), old root made rslave and detached; the working directory becomes the new /.
  step('pivot-root'),
  // --no-pivot: unmounts or hides every other mount of procfs and sysfs, then move_mount of the root to / and chroot.
  step('move-root'),
  // Without a mount namespace: fchdir to the root's descriptor, chroot("."), chdir("/").
  step('chroot'),
  // mount_setattr(propagation) of the root, once it is / (rootfsPropagation).
  step('root-propagation', ['flags', 'u64']),
  // mount_setattr(MOUNT_ATTR_RDONLY) of /.
  step('root-readonly'),
  // Binds path onto itself, recursively, with MOUNT_ATTR_RDONLY. A missing path is no error.
  step('readonly-path', ['path', 'str']),
  // Covers a directory by a read-only empty tmpfs, the same for all, and anything else by /dev/null, after a check
  // that it really is the device 1:3 (CVE-2025-31133). A missing path is no error. label: the value of the tmpfs's
  // option that `context` names.
  step('mask-path', ['path', 'str'], ['label', 'str'], ['context', 'str']),

  // ---- names and kernel parameters ----------------------------------------------------------------------------------
  // sethostname(2).
  step('hostname', ['name', 'str']),
  // setdomainname(2).
  step('domainname', ['name', 'str']),
  // Writes value to path below /proc/sys, through the descriptor of the runtime's /proc, which was checked to be
  // procfs (RESOLVE_NO_XDEV).
  step('sysctl', ['path', 'str'], ['value', 'str']),

  // ---- hooks --------------------------------------------------------------------------------------------------------
  // createContainer and startContainer hooks. state: which of the state documents that came with sync it gets, 0 or
  // 1. The hook runs in init's namespaces; path is looked up in the present root, which is the runtime's until it is
  // changed. A createContainer hook starts in the root directory, a startContainer hook in the process's. home 1:
  // HOME from the `home` step is added to env. timeout in ms, 0 for none. filtered 1: the hook loads the filter of
  // the later `seccomp` step right before it is executed, so that the filter needs to allow execve(2) but nothing
  // that init does around it. out, err: slots of its output files, or NO_SLOT.
  step(
    'hook',
    ['path', 'str'],
    ['args', 'strs'],
    ['env', 'strs'],
    ['home', 'u32'],
    ['timeout', 'u32'],
    ['state', 'u32'],
    ['filtered', 'u32'],
    ['out', 'slot'],
    ['err', 'slot'],
  ),

  // ---- the process --------------------------------------------------------------------------------------------------
  // prlimit(0). raise 1: only raises the hard limit, if it is lower than hard, while no user namespace has taken away
  // the right to; a step with raise 0 sets both limits later.
  step('rlimit', ['resource', 'u32'], ['soft', 'u64'], ['hard', 'u64'], ['raise', 'u32']),
  // sched_setattr(2); flags SCHED_FLAG_*; times in ns.
  step(
    'scheduler',
    ['policy', 'u32'],
    ['nice', 'i32'],
    ['priority', 'u32'],
    ['flags', 'u64'],
    ['runtime', 'u64'],
    ['deadline', 'u64'],
    ['period', 'u64'],
  ),
  // ioprio_set(2): class and priority in one number.
  step('io-priority', ['value', 'u32']),
  // personality(2).
  step('personality', ['value', 'u32']),
  // set_mempolicy(mode | flags, nodemask).
  step('memory-policy', ['mode', 'u32'], ['nodes', 'bytes']),
  // umask(2).
  step('umask', ['mask', 'u32']),
  // prctl(PR_SET_NO_NEW_PRIVS).
  step('no-new-privileges'),
  // "exec PROFILE" to attr/apparmor/exec (or attr/exec) of the process itself, through the kept /proc.
  step('apparmor-profile', ['profile', 'str']),
  // The label to attr/exec of the process itself, through the kept /proc.
  step('selinux-label', ['label', 'str']),
  // Drops from the bounding set every capability not in keep.
  step('bounding-set', ['keep', 'u64']),
  // setgroups, setresgid, setresuid with PR_SET_KEEPCAPS; groups: u32 each. setGroups 0: setgroups isn't called; 2:
  // groups is empty, and EPERM is no error, as the user namespace may deny setgroups.
  step('user', ['uid', 'u32'], ['gid', 'u32'], ['groups', 'bytes'], ['setGroups', 'u32']),
  // capset and PR_CAP_AMBIENT. A capability that isn't in this process's bounding and permitted sets is an error.
  step('capabilities', ['effective', 'u64'], ['permitted', 'u64'], ['inheritable', 'u64'], ['ambient', 'u64']),
  // seccomp(SECCOMP_SET_MODE_FILTER, flags, filter). With SECCOMP_FILTER_FLAG_NEW_LISTENER the descriptor's number
  // goes to the runtime (message `listener`), which fetches it with pidfd_getfd and answers.
  step('seccomp', ['flags', 'u32'], ['filter', 'bytes']),
  // Replaces each of 0, 1, 2 that is /dev/null (char 1:3) by /dev/null of the new / (O_NOFOLLOW, checked to be char
  // 1:3), or if there is none, by one that init makes. must 0: if init may not make devices (EPERM, in a user
  // namespace), the old one stays.
  step('reopen-null', ['must', 'u32']),
  // fchown(fd, uid, -1) of 0, 1, 2, so that the user can open /dev/stdout: of pipes, and with pipes 0 also of
  // sockets, terminals, and regular files and named pipes that are open for writing. Others keep their owner, as an
  // owner may do more with a file than the descriptor allows. EINVAL, EPERM, EROFS are no errors (the id isn't
  // mapped, or the file isn't ours).
  step('own-stdio', ['uid', 'u32'], ['pipes', 'u32']),
  // Makes a directory in the root and those above it (0755) if they are missing. If something else is at path, the
  // step that needs the directory reports it.
  step('make-directory', ['path', 'str']),
  // chdir in the container; then getcwd must be absolute (CVE-2024-21626).
  // attempt 1 (before `user`): EACCES is no error. attempt 0: nothing is done if the attempt succeeded.
  step('cwd', ['path', 'str'], ['attempt', 'u32']),
  // Finds HOME for the environment of exec, which has none: the sixth field of the first line of /etc/passwd whose
  // third field is uid; '/' if there is no such line or the field is empty. The file is that of the present /, has to
  // be regular, magic links are not followed, and only its first MiB is read.
  step('home', ['uid', 'u32']),
  // Finds the executable for exec now, so that `create` reports a missing one. A name with a '/' is taken as it is;
  // any other is searched for in the directories of path, of which '' has none.
  step('find-executable', ['name', 'str'], ['path', 'str']),
  // Sends the message `ready`, after which `create` returns.
  step('ready'),
  // Reads one byte from descriptor `input` (a fifo, held open read-write so that it has no EOF); errors of later
  // steps go to `output` as messages, as does `starting`, sent right before exec. NO_SLOT: both are the runtime's
  // socket (foreground run), which sends a reply instead of a byte.
  step('wait-start', ['input', 'slot'], ['output', 'slot']),
  // Message `starting`, then execve. Descriptors from 3 + preserve on are CLOEXEC. All signals have had their default
  // action since init began.
  step('exec', ['args', 'strs'], ['env', 'strs'], ['preserve', 'u32']),
];
