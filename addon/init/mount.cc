#include "mount.h"

#include "procfs.h"
#include "root.h"
#include "steps.h"

namespace {

bool is_proc_path(Str path) {
  const Str proc = str("/proc");
  return starts_with(path, proc) && (path.size == proc.size || path.data[proc.size] == '/');
}

// Whether something belongs to the procfs that is mounted at /proc in the root: EXDEV when it does not, 0 or another errno.
long check_in_proc(Context &context, int descriptor, const struct statx &status) {
  // Of many targets most lie on the same mount, that of the root or of a tmpfs.
  if (context.outside_proc != 0 && status.stx_mnt_id == context.outside_proc) return -EXDEV;
  if (const long result = check_procfs(descriptor); result < 0) {
    if (result == -EXDEV) context.outside_proc = status.stx_mnt_id;
    return result;
  }
  const Descriptor proc = open_in_root(context, "/proc", O_DIRECTORY, RESOLVE_NO_SYMLINKS);
  const long missing = proc.error();
  if (missing == -ENOENT || missing == -ENOTDIR || missing == -ELOOP) return -EXDEV;
  if (!proc.open()) return missing;
  struct statx directory;
  if (const long result = sys::fstatx(proc.get(), STATX_MNT_ID, &directory); result < 0) return result;
  return directory.stx_mnt_id == status.stx_mnt_id ? 0 : -EXDEV;
}

void note(Context &context, Str path, u64 id, const struct statx &below) {
  // Somebody else took that mount away, and its number is used again.
  if (id == context.outside_proc) context.outside_proc = 0;
  const u32 number = ++context.attached_count;
  context.attached[number - 1] = {path, id, 0};
  if (!(below.stx_attributes & STATX_ATTR_MOUNT_ROOT)) return;
  for (u32 i = 0; i < number - 1; i++)
    if (context.attached[i].id == below.stx_mnt_id) context.attached[i].cover = number;
}

int keep_mount(Context &context, Descriptor mount, Str path, u32 slot) {
  if (slot == step::no_slot) return 0;
  if (slot >= slot_limit || context.slots[slot] != 0) return context.fail("move_mount", -EBADF, path);
  context.fill(slot, mount.release());
  return 0;
}

} // namespace

long set_attributes(int descriptor, u64 set, u64 clear, bool recursive) {
  // The kernel wants the whole of the access time setting cleared where a part of it is set.
  if (set & MOUNT_ATTR__ATIME) clear |= MOUNT_ATTR__ATIME;
  const mount_attr attributes{set, clear, 0, 0};
  return sys::mount_setattr(descriptor, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes,
                            sizeof attributes);
}

long set_propagation(int descriptor, u64 flags) {
  const mount_attr attributes{0, 0, flags & (MS_SHARED | MS_SLAVE | MS_PRIVATE | MS_UNBINDABLE), 0};
  return sys::mount_setattr(descriptor, "", AT_EMPTY_PATH | (flags & MS_REC ? AT_RECURSIVE : 0), &attributes,
                            sizeof attributes);
}

long map_ids(int tree, int user_namespace, bool recursive) {
  const mount_attr attributes{MOUNT_ATTR_IDMAP, 0, 0, static_cast<u64>(user_namespace)};
  return sys::mount_setattr(tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes, sizeof attributes);
}

long attach(int tree, int target) {
  return sys::move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int attach_for(Context &context, Descriptor tree, int target, const struct statx &below, Str path, u32 keep) {
  struct statx status;
  if (const long result = sys::fstatx(tree.get(), STATX_MNT_ID, &status); result < 0)
    return context.fail("statx", result, path, in_the_root);
  return attach_for(context, static_cast<Descriptor &&>(tree), status, target, below, path, keep);
}

int attach_for(Context &context, Descriptor tree, const struct statx &status, int target, const struct statx &below, Str path, u32 keep) {
  if (context.attached_count == mount_limit) return context.fail("move_mount", -E2BIG, path, "more mounts than ", mount_limit);
  if (const long result = attach(tree.get(), target); result < 0)
    return context.fail("move_mount", result, path, in_the_root);
  note(context, path, status.stx_mnt_id, below);
  return keep_mount(context, static_cast<Descriptor &&>(tree), path, keep);
}

int note_attached(Context &context, const struct statx &below, Str path, u32 keep) {
  struct statx status;
  if (context.attached_count == mount_limit) return context.fail("mount", -E2BIG, path, "more mounts than ", mount_limit);
  Descriptor mount = open_in_root(context, path.data, 0);
  if (!mount.open()) return context.fail("openat2", mount.error(), path, in_the_root);
  if (const long result = sys::fstatx(mount.get(), STATX_MNT_ID, &status); result < 0)
    return context.fail("statx", result, path, in_the_root);
  bool known = status.stx_mnt_id == below.stx_mnt_id || !(status.stx_attributes & STATX_ATTR_MOUNT_ROOT);
  for (u32 i = 0; i < context.attached_count; i++) known = known || context.attached[i].id == status.stx_mnt_id;
  if (known) return context.fail("openat2", -ESTALE, path, in_the_root);
  note(context, path, status.stx_mnt_id, below);
  return keep_mount(context, static_cast<Descriptor &&>(mount), path, keep);
}

int find_mount(Context &context, u32 slot, Str path, Descriptor &opened) {
  if (slot != step::no_slot) return context.slot(slot) < 0 ? -EBADF : context.slot(slot);
  opened = open_in_root(context, path.data, 0);
  if (!opened.open()) return static_cast<int>(opened.error());
  for (u32 i = context.attached_count; i > 0; i--) {
    if (!equal(context.attached[i - 1].path, path)) continue;
    struct statx status;
    if (const long result = sys::fstatx(opened.get(), STATX_MNT_ID, &status); result < 0) return static_cast<int>(result);
    // A mount for another path that leads here may lie on top.
    while (context.attached[i - 1].cover != 0) i = context.attached[i - 1].cover;
    return status.stx_mnt_id == context.attached[i - 1].id ? opened.get() : -ESTALE;
  }
  return opened.get();
}

Descriptor clone_tree(int descriptor, bool recursive) {
  return Descriptor(
      sys::open_tree(descriptor, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | (recursive ? AT_RECURSIVE : 0)));
}

long attach_shared(SharedMount &mount, int target) {
  if (mount.descriptor < 0) return mount.descriptor;
  if (!mount.attached) {
    const long result = attach(mount.descriptor, target);
    mount.attached = result == 0;
    return result;
  }
  const Descriptor tree = clone_tree(mount.descriptor, false);
  return tree.open() ? attach(tree.get(), target) : tree.error();
}

int open_target(Context &context, Str path, Kind kind, u32 mode, u64 resolve, Descriptor &target, struct statx &status,
                bool &made) {
  target = make_in_root(context, path, kind, mode, resolve, made);
  if (!target.open()) return context.fail("openat2", target.error(), path, in_the_way(target.error()));
  if (const long result = sys::fstatx(target.get(), STATX_BASIC_STATS | STATX_MNT_ID, &status); result < 0)
    return context.fail("statx", result, path, in_the_root);
  if (is_root(context, status)) return context.fail("move_mount", -EBUSY, path, "is the root file system itself");
  if (is_proc_path(path)) return 0;
  const long inside = check_in_proc(context, target.get(), status);
  if (inside == 0) return context.fail("move_mount", -EPERM, path, "leads into /proc");
  return inside == -EXDEV ? 0 : context.fail("fstatfs", inside, path, "whether it leads into /proc");
}

int open_file_target(Context &context, Str path, u32 mode, Descriptor &target) {
  Place place;
  if (const long result = open_place(context, path, place); result < 0)
    return context.fail("openat2", result, path, in_the_way(result));
  const long made = sys::mknodat(place.directory.get(), place.name, S_IFREG | mode, 0);
  if (made < 0 && made != -EEXIST) return context.fail("mknodat", made, path, in_the_root);
  return open_covered(context, place, path, target);
}

// A mount goes over a symlink as over anything else that is no directory: it is the link's own place that it is attached at.
int open_covered(Context &context, const Place &place, Str path, Descriptor &found) {
  found = Descriptor(sys::openat(place.directory.get(), place.name, O_PATH | O_NOFOLLOW));
  if (!found.open()) return context.fail("openat", found.error(), path, in_the_root);
  struct statx status;
  if (const long result = sys::fstatx(found.get(), STATX_TYPE, &status); result < 0)
    return context.fail("statx", result, path, in_the_root);
  if ((status.stx_mode & S_IFMT) != S_IFDIR) return 0;
  return context.fail("move_mount", -EISDIR, path, "in the root file system, where a directory is");
}
