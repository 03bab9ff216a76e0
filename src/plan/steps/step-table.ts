/**
 * The steps init knows, defined once. `scripts/generate-steps.mjs` makes of this table the TypeScript types and encoder
 * (src/plan/steps/generated/steps.ts) and the C++ decoder (addon/init/generated/steps.h). Adding a step is one entry here
 * and one function `run_<name>` in addon/init.
 *
 * Wire form of a plan, or of one of its parts (little endian, every item aligned to 8 bytes from the start of the plan):
 *   header  u32 magic 'TSRP' (0x50525354) · u32 layout (LAYOUT below) · u32 bytes in all · u32 number of steps ·
 *           u32 1 when a part follows, else 0 · u32 0
 *   step    u32 number of the step's kind (index in this table) · u32 bytes of the step with this header · fields in order
 *   u32, i32, slot   8 bytes (value in the low half)      u64, i64  8 bytes
 *   str     u32 length · bytes · NUL, padded to 8         bytes     u32 length · 4 bytes of zero · bytes, padded to 8
 *   strs    u32 count · 4 bytes of zero · then each as str
 * Strings hold no NUL. The decoder checks every length against the step's and the plan's end before use (CVE-2021-43784).
 *
 * A slot is an index in init's table of descriptors. Slots 0.. are filled by what the runtime sends before the plan (Plan.slots),
 * or before each part of it; those that steps fill begin at STEP_SLOTS. NO_SLOT means none.
 *
 * "In the root" always means: openat2(root, path, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), and the descriptor is used
 * from then on, never the path. A target that is missing is made, each component by mkdirat on the descriptor of the one above.
 */
export type FieldType = 'u32' | 'i32' | 'u64' | 'i64' | 'str' | 'bytes' | 'strs' | 'slot';

export interface StepDefinition {
  readonly name: string;
  readonly fields: readonly (readonly [name: string, type: FieldType])[];
}

export const LAYOUT = 4;
export const NO_SLOT = 0xffffffff;
export const STEP_SLOTS = 1024;
export const SLOT_LIMIT = 8192;

// For the bundler: without a use of the table, as in the runtime, which has the generated one, it is left out.
/* @__NO_SIDE_EFFECTS__ */
const step = (name: string, ...fields: [string, FieldType][]): StepDefinition => ({ name, fields });

export const stepTable: readonly StepDefinition[] = [
  // ---- before the namespaces: still in the runtime's own namespaces ------------------------------------------------
  // Writes 0, the process itself, to a file of a cgroup (of its folder the kernel asks the opener's rights, which are still the
  // runtime's). A thread that moves itself alone (`tasks` of cgroup v1) needs no lock against forks and exits; any other move
  // may wait for an RCU grace period of 10 ms: cgroup_procs_write_start.
  step('join-cgroup', ['path', 'str']),
  // /proc/self/oom_score_adj, while the process is dumpable and /proc is the host's.
  step('oom-score-adj', ['value', 'i32']),
  // prctl(PR_SET_DUMPABLE). Init starts dumpable; 0 before the first container namespace is entered (CVE-2016-9962).
  step('dumpable', ['value', 'u32']),
  // sched_setaffinity(0); mask is the kernel's cpumask, little endian.
  step('cpu-affinity', ['mask', 'bytes']),
  // open_tree(source, OPEN_TREE_CLONE [| AT_RECURSIVE]) in the runtime's mount namespace, kept in slot. noFollow: of a symlink at
  // the end of source the symlink itself.
  step('clone-tree', ['source', 'str'], ['recursive', 'u32'], ['noFollow', 'u32'], ['slot', 'slot']),
  // mount_setattr(tree, MOUNT_ATTR_IDMAP, userns) on a detached tree from clone-tree (or of a mount-fs kept in a slot).
  step('idmap-tree', ['tree', 'slot'], ['userns', 'slot'], ['recursive', 'u32']),

  // A tmpfs for the nodes of the next step, mounted nowhere, kept in slot. label: given as the option `context`, '' for none.
  step('device-folder', ['label', 'str'], ['context', 'str'], ['slot', 'slot']),
  // What a user namespace can't make: mknodat of `name` in such a folder, fchownat to ids of the host, fchmodat2, and a clone of that node
  // alone in slot, for device-bind. Before Linux 6.15, which clones nothing that is mounted nowhere, the host's node at path is cloned.
  step(
    'device-ahead',
    ['folder', 'slot'],
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
  // setns(slot, flag): one namespace by descriptor. Then the slot is closed.
  step('join-namespace', ['descriptor', 'slot'], ['type', 'u32']),
  // setns(pidfd, flags): several namespaces of one process at once (exec).
  step('join-process', ['pidfd', 'slot'], ['flags', 'u32']),
  // unshare(flags).
  step('unshare', ['flags', 'u32']),
  // /proc/self/timens_offsets of the time namespace made for children; text as the kernel reads it.
  step('time-offsets', ['offsets', 'str']),
  // Tells the runtime that point `event` (SyncEvent) is reached and waits for its go-ahead; the reply's payload is kept
  // (for map-ids none; for create-runtime the two state documents that the hook steps feed to their hooks).
  step('sync', ['event', 'u32']),
  // setgroups is left; setresgid(gid), setresuid(uid): ids of the user namespace just entered.
  step('become', ['uid', 'u32'], ['gid', 'u32']),
  // clone3(CLONE_PARENT | CLONE_PIDFD): the child goes on with the next step, the parent sends `forked` (pid, pidfd) and exits.
  step('fork'),
  // Closes the runtime's /proc: no descriptor of the host is left when the next step brings init among the processes of a
  // container, where one with CAP_SYS_PTRACE could take it (CVE-2016-9962). No step after it may need procfs.
  step('close-proc'),
  // Brings `lo` up (SIOCSIFFLAGS).
  step('loopback'),
  // keyctl(KEYCTL_JOIN_SESSION_KEYRING, name), with label in attr/keycreate when not ''. ENOSYS is fine.
  step('session-keyring', ['name', 'str'], ['label', 'str']),
  // setsid(2).
  step('setsid'),

  // ---- root file system -----------------------------------------------------------------------------------------------
  // mount(NULL, "/", NULL, flags): MS_REC | MS_SLAVE and so on, on the whole of the new mount namespace.
  step('tree-propagation', ['flags', 'u64']),
  // Opens path (absolute; last component no symlink), makes the mount that holds it private, binds it recursively on
  // itself, and keeps the descriptor of the new mount as "the root". With a tree slot that tree is attached there instead.
  // attach 0 (no mount namespace of its own): the clone (open_tree, AT_RECURSIVE) is attached nowhere and no other mount is
  // touched; the descriptor of the detached tree is the root, and lives until exec. Mounts in it need Linux 6.15.
  step('open-root', ['path', 'str'], ['tree', 'slot'], ['attach', 'u32']),
  // The root is "/" itself: a joined mount namespace, or none was made and there's nothing to pivot (exec).
  step('adopt-root'),
  // The root is the folder of a slot: fchdir, chroot("."), chdir("/"). For exec where the container has no mount namespace of
  // its own: setns(2) enters no root folder.
  step('enter-root', ['root', 'slot']),
  // fsopen(type) + fsconfig of source, flags ("ro", "sync", … without value) and options ("key=value") + FSCONFIG_CMD_CREATE +
  // fsmount(attributes = MOUNT_ATTR_*), attached at target in the root (a folder, made if missing). Falls back to mount(2) on
  // the descriptor where the file system has no fsconfig for an option. copyUp: what lies below is copied into the new
  // tmpfs first. mustBeDirectory: target may not pass through a symlink (/proc, /sys, /dev: CVE-2019-19921, CVE-2023-28642).
  // mode: permission bits of the target if it is made. inheritMode: the root of the new file system takes the permission bits of the
  // folder it covers, if that was there (a tmpfs without mode=). keep: the slot that gets the mount's descriptor.
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
  // Attaches a tree at target in the root: tree is a slot of clone-tree, or NO_SLOT and source is cloned here (by path in
  // this mount namespace, before the root is changed). The target is made as a folder or an empty file, like the source.
  // Before it is attached, mount_setattr(set, clear) on the mount itself, then (recursiveSet, recursiveClear) on it and all
  // below. keep: the slot that gets the mount's descriptor. sourceNoFollow: as noFollow of clone-tree. copyLink: of a symlink at the end
  // of source (which isn't followed then) the same symlink is made at target, and nothing is mounted. targetNoFollow: target has to be
  // there, a symlink at its end is what is mounted on, and nothing in proc, sysfs or devpts.
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
  // open_tree(OPEN_TREE_CLONE [| AT_RECURSIVE]) of a path in the root, with what is mounted there by now, kept in slot. noFollow: as
  // of clone-tree.
  step('clone-in-root', ['source', 'str'], ['recursive', 'u32'], ['noFollow', 'u32'], ['slot', 'slot']),
  // The next three change a mount: the one that an earlier step kept in a slot, or with NO_SLOT the one at target in the
  // root, opened now (`remount`, which knows no more than the path).
  // mount_setattr(set, clear), with AT_RECURSIVE when recursive is 1.
  step(
    'mount-attributes',
    ['mount', 'slot'],
    ['target', 'str'],
    ['setAttributes', 'u64'],
    ['clearAttributes', 'u64'],
    ['recursive', 'u32'],
  ),
  // The mount's file system: fspick + fsconfig of the parameters + FSCONFIG_CMD_RECONFIGURE. Then, when iversion is 1 or 2,
  // MS_I_VERSION is set or cleared by mount(2) MS_REMOUNT with every other flag as it is.
  step('mount-reconfigure', ['mount', 'slot'], ['target', 'str'], ['parameters', 'strs'], ['iversion', 'u32']),
  // umount2(MNT_DETACH | UMOUNT_NOFOLLOW) of the last component of target, from its folder in the root, without a symlink on the way.
  step('unmount', ['target', 'str']),
  // mount_setattr(propagation) of a mount, found as for mount-attributes.
  step('mount-propagation', ['mount', 'slot'], ['target', 'str'], ['flags', 'u64']),
  // In the root: mknodat by the descriptor of the parent folder, fchmod, fchown; an existing node of the same type and
  // number is kept, unless it is open to more than this mode and owner say; anything else there is covered by one made in a
  // tmpfs, unless it is a folder: that is an error. type is S_IFCHR, S_IFBLK or S_IFIFO.
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
  // The host's node at path, bound at the same path in the root, read-only (data goes through all the same, its mode and owner
  // stay), nosuid, noexec: for who can't make one. One of device-ahead is the container's, and not read-only. tree is a slot of clone-tree, or NO_SLOT and it is cloned here. What was
  // cloned has to be a node of that type and numbers, and open to nobody who could not open one with that mode and owner.
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
  // In the root: symlinkat by the parent's descriptor; what is there already stays. With cover (ptmx) that is covered, unless it is
  // the same link: by pts/ptmx of a devpts at /dev/pts, or where none is by /dev/null; a folder is an error.
  step('symlink', ['path', 'str'], ['target', 'str'], ['cover', 'u32']),
  // Opens ptmx of the devpts mounted at /dev/pts in the root (devpts magic, 5:2), sets the size, sends the master to the runtime
  // (message `console`), opens the slave with TIOCGPTPEER, binds it at /dev/console in the root when bind is 1, and makes it
  // 0, 1, 2 and the controlling terminal. uid: owner of the slave (fchown).
  step('console', ['rows', 'u32'], ['columns', 'u32'], ['uid', 'u32'], ['bind', 'u32']),
  // pivot_root(".", "."), old root made rslave and detached; the working directory becomes the new /.
  step('pivot-root'),
  // --no-pivot: every other mount of procfs and sysfs is unmounted or hidden, move_mount of the root to / and chroot.
  step('move-root'),
  // No mount namespace of its own: fchdir to the root's descriptor, chroot("."), chdir("/").
  step('chroot'),
  // mount_setattr(propagation) of the root, after it became / (rootfsPropagation).
  step('root-propagation', ['flags', 'u64']),
  // mount_setattr(MOUNT_ATTR_RDONLY) of /.
  step('root-readonly'),
  // Binds path onto itself, recursively, with MOUNT_ATTR_RDONLY. Missing is fine.
  step('readonly-path', ['path', 'str']),
  // A folder is covered by the one shared read-only empty tmpfs, anything else by /dev/null (checked: char 1:3, not on
  // the container's word: CVE-2025-31133). Missing is fine. label: of that tmpfs, given as the option `context`.
  step('mask-path', ['path', 'str'], ['label', 'str'], ['context', 'str']),

  // ---- names and kernel parameters -----------------------------------------------------------------------------------
  step('hostname', ['name', 'str']),
  step('domainname', ['name', 'str']),
  // Through the descriptor of the runtime's /proc that init keeps (verified procfs, RESOLVE_NO_XDEV): path below /proc/sys, '/' separated.
  step('sysctl', ['path', 'str'], ['value', 'str']),

  // ---- hooks ---------------------------------------------------------------------------------------------------------
  // createContainer and startContainer hooks. state: 0 the first, 1 the second of the state documents that came with sync.
  // Runs in init's namespaces, and finds path in the root of the moment: the runtime's until that is changed. A createContainer hook
  // starts in the root, a startContainer hook where the process will. home 1: what the `home` step found comes to env. timeout in
  // ms, 0 none. filtered 1: the hook loads the filter of the `seccomp` step that follows before it executes, so that
  // the filter has to allow execve(2) but nothing of what init does around it. out, err: slots of files that it writes to, or NO_SLOT.
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

  // ---- the process ---------------------------------------------------------------------------------------------------
  // prlimit(0). raise 1: only where hard is above the present hard limit, and then only the hard limit is set to it, the soft
  // one is left (before a user namespace takes the right away); a step with raise 0 follows later.
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
  step('io-priority', ['value', 'u32']),
  step('personality', ['value', 'u32']),
  // set_mempolicy(mode | flags, nodemask).
  step('memory-policy', ['mode', 'u32'], ['nodes', 'bytes']),
  step('umask', ['mask', 'u32']),
  step('no-new-privileges'),
  // attr/apparmor/exec (or attr/exec) and attr/exec of the process itself, through the kept /proc; "exec <profile>" / label.
  step('apparmor-profile', ['profile', 'str']),
  step('selinux-label', ['label', 'str']),
  // Drops from the bounding set every capability not in keep.
  step('bounding-set', ['keep', 'u64']),
  // setgroups (when setGroups isn't 0; with 2 EPERM is fine where the user namespace denies it; groups is empty then), setresgid,
  // setresuid with PR_SET_KEEPCAPS; groups: u32 each.
  step('user', ['uid', 'u32'], ['gid', 'u32'], ['groups', 'bytes'], ['setGroups', 'u32']),
  // capset and PR_CAP_AMBIENT. What the bounding set or the permitted set of this process doesn't hold is an error.
  step('capabilities', ['effective', 'u64'], ['permitted', 'u64'], ['inheritable', 'u64'], ['ambient', 'u64']),
  // seccomp(SECCOMP_SET_MODE_FILTER, flags, filter). With SECCOMP_FILTER_FLAG_NEW_LISTENER the descriptor's number goes to the
  // runtime (message `listener`), which fetches it with pidfd_getfd and answers.
  step('seccomp', ['flags', 'u32'], ['filter', 'bytes']),
  // Each of 0, 1, 2 that is /dev/null (char 1:3): replaced by /dev/null of the new / (O_NOFOLLOW, checked char 1:3), or where that
  // is none by one of init's own. Where no device can be made (EPERM), in a user namespace, it is left as it is: must 0.
  step('reopen-null', ['must', 'u32']),
  // fchown(fd, uid, -1) of 0, 1, 2, so that the user can open /dev/stdout: pipes, and with pipes 0 also sockets, terminals, and
  // regular files and named pipes that are open for writing. Left: those it owns already, and all else, as the owner may do more with it than
  // the descriptor allows. EINVAL, EPERM, EROFS are fine (ids not mapped, not ours).
  step('own-stdio', ['uid', 'u32'], ['pipes', 'u32']),
  // A folder in the root that is missing, and those above it (0755); what else there may be is left to the step that needs it.
  step('make-folder', ['path', 'str']),
  // chdir in the container; then getcwd must be absolute (CVE-2024-21626).
  // attempt 1 (before `user`): EACCES is no error. attempt 0 after an attempt that worked: nothing is done.
  step('cwd', ['path', 'str'], ['attempt', 'u32']),
  // HOME for the environment of exec, which holds none: the sixth field of the first line of /etc/passwd (of the current /, a
  // regular file, symlinks followed but for magic ones, first 1 MiB) whose third is uid; '/' when there's none or it is empty.
  step('home', ['uid', 'u32']),
  // Finds the executable now, so that a missing one is reported by create: with a '/' as it is, else along path (in nothing when that is ''). Kept for exec.
  step('find-executable', ['name', 'str'], ['path', 'str']),
  // Message `ready`. create returns after it.
  step('ready'),
  // Reads one byte from descriptor `input` (a fifo, held open read-write so that it has no EOF); errors of later steps go to
  // `output` as messages, as does `starting`, sent right before exec. NO_SLOT: both are the runtime's socket (foreground run),
  // which sends a reply instead of a byte.
  step('wait-start', ['input', 'slot'], ['output', 'slot']),
  // Message `starting`, execve. What is open from 3 + preserve on is CLOEXEC, and every signal has been default from the start.
  step('exec', ['args', 'strs'], ['env', 'strs'], ['preserve', 'u32']),
];
