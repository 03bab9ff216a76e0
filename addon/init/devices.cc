// Device nodes and links in the root, each made by the descriptor of the directory it is in.
#include "filesystem.h"
#include "mount-bind.h"
#include "mount.h"
#include "steps.h"

#include <asm/statfs.h>
#include <linux/magic.h>

namespace {

// MNT_DETACH of umount(2).
constexpr u32 mnt_detach = 2;

// Owner and mode of something just made. The mode was given to mkdirat or mknodat with an empty umask, which a default ACL of
// the directory overrides.
int dress(Context &context, int descriptor, const struct statx &status, u32 mode, u32 uid, u32 gid, Str path) {
  if (status.stx_uid != uid || status.stx_gid != gid)
    if (const long result = sys::fchownat(descriptor, "", uid, gid, AT_EMPTY_PATH); result < 0)
      return context.fail("fchownat", result, path, in_the_root);
  if ((status.stx_mode & 07777u) != (mode & 07777u))
    if (const long result = change_mode(context, descriptor, mode & 07777u); result < 0)
      return context.fail("fchmodat2", result, path, in_the_root);
  return 0;
}

bool is_device(const struct statx &status, u32 type, u32 major, u32 minor) {
  if ((status.stx_mode & S_IFMT) != type) return false;
  return type == S_IFIFO || (status.stx_rdev_major == major && status.stx_rdev_minor == minor);
}

// What a user namespace shows for an id that it doesn't map (/proc/sys/kernel/overflowuid, as it always is): nobody has it.
constexpr u32 nobody = 65534;

// Whether a node that was there before lets somebody read or write who couldn't with this mode and owner. Executing a device
// means nothing.
bool is_wider(const struct statx &status, u32 mode, u32 uid, u32 gid) {
  constexpr u32 read_write = 0666;
  if (status.stx_mode & read_write & ~mode) return true;
  const u32 others = mode & 06;
  const u32 as_owner = status.stx_mode >> 6 & 06, as_group = status.stx_mode >> 3 & 06;
  if (status.stx_uid != uid && status.stx_uid != nobody && (as_owner & ~others)) return true;
  return status.stx_gid != gid && status.stx_gid != nobody && (as_group & ~others);
}

// A node of its own, in a tmpfs that nothing else is in: what lies in its place in the image is neither used nor changed. Kernels
// before 6.15 clone only what is attached, so that the tmpfs is for a moment, over the directory that the node is for; what was
// opened in that directory before stays what it is.
int make_node(Context &context, const step::DeviceNode &step, const Place &place, Descriptor &tree) {
  Filesystem filesystem(context);
  Descriptor mount;
  if (filesystem.open(str("tmpfs")) != 0) return -1;
  if (filesystem.create(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, mount) != 0) return -1;
  const long made = sys::mknodat(mount.get(), place.name, (step.type & S_IFMT) | (step.mode & 07777u),
                                 sys::device_number(step.major, step.minor));
  if (made < 0) return context.fail("mknodat", made, step.path);
  const Descriptor node(sys::openat(mount.get(), place.name, O_PATH | O_NOFOLLOW));
  if (!node.open()) return context.fail("openat", node.error(), step.path);
  struct statx status;
  if (const long result = sys::fstatx(node.get(), STATX_BASIC_STATS, &status); result < 0)
    return context.fail("statx", result, step.path);
  if (dress(context, node.get(), status, step.mode, step.uid, step.gid, step.path) != 0) return -1;
  if (!context.root_detached)
    if (const long result = attach(mount.get(), place.directory.get()); result < 0)
      return context.fail("move_mount", result, step.path, in_the_root);
  tree = clone_tree(node.get(), false);
  if (!tree.open()) return context.fail("open_tree", tree.error(), step.path);
  if (context.root_detached) return 0;
  if (const long result = sys::fchdir(mount.get()); result < 0) return context.fail("fchdir", result, step.path);
  if (const long result = sys::umount2(".", mnt_detach); result < 0)
    return context.fail("umount2", result, step.path);
  const long result = sys::fchdir(context.root);
  return result < 0 ? context.fail("fchdir", result, "/", in_the_root) : 0;
}

// The multiplexer of the devpts at /dev/pts, if one is mounted there.
int find_multiplexer(Context &context, Descriptor &tree) {
  constexpr const char *path = "/dev/pts/ptmx";
  const Descriptor ptmx = open_in_root(context, path, O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
  if (!ptmx.open()) return sys::absent(ptmx.error()) ? 0 : context.fail("openat2", ptmx.error(), path, in_the_way(ptmx.error()));
  struct statx status;
  struct statfs filesystem = {};
  if (const long result = sys::fstatx(ptmx.get(), STATX_BASIC_STATS, &status); result < 0)
    return context.fail("statx", result, path, in_the_root);
  if (const long result = sys::fstatfs(ptmx.get(), &filesystem); result < 0)
    return context.fail("fstatfs", result, path, in_the_root);
  if (filesystem.f_type != DEVPTS_SUPER_MAGIC || !is_device(status, S_IFCHR, 5, 2)) return 0;
  tree = clone_tree(ptmx.get(), false);
  return tree.open() ? 0 : context.fail("open_tree", tree.error(), path, in_the_root);
}

// Where the image has a ptmx of its own, that of the container's devpts goes over it, or with none, what hides a masked file.
// Nothing of the image is changed: it may be the host's own /dev.
int cover_multiplexer(Context &context, const Place &place, Str path) {
  Descriptor target, tree;
  if (open_covered(context, place, path, target) != 0 || find_multiplexer(context, tree) != 0) return -1;
  const long result = tree.open() ? attach(tree.get(), target.get()) : attach_shared(context.null_device, target.get());
  return result < 0 ? context.fail("move_mount", result, path, in_the_root) : 0;
}

// Whether it lies in the tmpfs of device-directory.
bool is_own(const Context &context, const struct statx &status) {
  return context.makes_devices && status.stx_dev_major == context.device_directory[0] &&
         status.stx_dev_minor == context.device_directory[1];
}

constexpr const char *too_wide = "is there already, open to more than fileMode, uid and gid say";

} // namespace

int run(Context &context, const step::DeviceNode &step) {
  Place place;
  if (const long result = open_place(context, step.path, place); result < 0)
    return context.fail("openat2", result, step.path, in_the_way(result));
  const u32 type = step.type & S_IFMT;
  const long made = sys::mknodat(place.directory.get(), place.name, type | (step.mode & 07777u),
                                 sys::device_number(step.major, step.minor));
  if (made < 0 && made != -EEXIST) return context.fail("mknodat", made, step.path, in_the_root);
  Descriptor node;
  if (open_covered(context, place, step.path, node) != 0) return -1;
  struct statx status;
  if (const long result = sys::fstatx(node.get(), STATX_BASIC_STATS | STATX_MNT_ID, &status); result < 0)
    return context.fail("statx", result, step.path, in_the_root);
  if (!is_device(status, type, step.major, step.minor)) {
    Descriptor tree;
    if (make_node(context, step, place, tree) != 0) return -1;
    return attach_for(context, static_cast<Descriptor &&>(tree), node.get(), status, step.path, step::no_slot);
  }
  if (made == 0) return dress(context, node.get(), status, step.mode, step.uid, step.gid, step.path);
  if (is_wider(status, step.mode, step.uid, step.gid)) return context.fail("mknodat", -EEXIST, step.path, too_wide);
  return 0;
}

int run(Context &context, const step::DeviceDirectory &step) {
  if (step.slot >= slot_limit || context.slots[step.slot] != 0)
    return context.fail("fsmount", -EBADF, no_path, "slot ", static_cast<u64>(step.slot));
  Filesystem filesystem(context);
  if (filesystem.open(str("tmpfs")) != 0) return -1;
  if (filesystem.set("source", "tmpfs") != 0 || filesystem.set("size", "4k") != 0 || filesystem.set("mode", "755") != 0)
    return -1;
  if (step.label.size > 0 && filesystem.set(step.context.data, step.label.data) != 0) return -1;
  Descriptor mount;
  if (filesystem.create(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, mount) != 0) return -1;
  struct statx status;
  if (const long result = sys::fstatx(mount.get(), STATX_TYPE, &status); result < 0)
    return context.fail("statx", result, no_path, "the file system for devices");
  context.makes_devices = true;
  context.device_directory[0] = status.stx_dev_major;
  context.device_directory[1] = status.stx_dev_minor;
  context.fill(step.slot, mount.release());
  return 0;
}

int run(Context &context, const step::DeviceAhead &step) {
  const int directory = context.slot(step.directory);
  if (directory < 0 || step.slot >= slot_limit || context.slots[step.slot] != 0)
    return context.fail("mknodat", -EBADF, no_path, "slot ", static_cast<u64>(step.slot));
  const u32 type = step.type & S_IFMT;
  const long made = sys::mknodat(directory, step.name.data, type | (step.mode & 07777u),
                                 sys::device_number(step.major, step.minor));
  if (made < 0) return context.fail("mknodat", made, step.path, "ahead of the user namespace");
  const Descriptor node(sys::openat(directory, step.name.data, O_PATH | O_NOFOLLOW));
  if (!node.open()) return context.fail("openat", node.error(), step.path);
  struct statx status;
  if (const long result = sys::fstatx(node.get(), STATX_BASIC_STATS, &status); result < 0)
    return context.fail("statx", result, step.path);
  if (!is_device(status, type, step.major, step.minor)) return context.fail("mknodat", -ENODEV, step.path);
  if (dress(context, node.get(), status, step.mode, step.uid, step.gid, step.path) != 0) return -1;
  Descriptor tree(sys::open_tree(directory, step.name.data, OPEN_TREE_CLONE | AT_SYMLINK_NOFOLLOW));
  // device-bind looks at what it gets.
  if (tree.error() == -EINVAL) tree = Descriptor(sys::open_tree(AT_FDCWD, step.path.data, OPEN_TREE_CLONE));
  if (!tree.open()) return context.fail("open_tree", tree.error(), step.path);
  context.fill(step.slot, tree.release());
  return 0;
}

// The descriptor is looked at, and not the path again: that may lead elsewhere by now.
int run(Context &context, const step::DeviceBind &step) {
  Descriptor tree, target;
  if (take_source(context, step.tree, step.path, false, false, tree) != 0) return -1;
  struct statx status;
  if (const long result = sys::fstatx(tree.get(), STATX_BASIC_STATS, &status); result < 0)
    return context.fail("statx", result, step.path);
  if (!is_device(status, step.type & S_IFMT, step.major, step.minor))
    return context.fail("open_tree", -ENODEV, step.path, "the host has no device node of this type and numbers there");
  if (is_wider(status, step.mode, step.uid, step.gid))
    return context.fail("open_tree", -EACCES, step.path, "the host's is open to more than fileMode, uid and gid say");
  if (open_file_target(context, step.path, 0644, target) != 0) return -1;
  // Mode and owner of the host's node are the host's.
  const u64 attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | (is_own(context, status) ? 0 : MOUNT_ATTR_RDONLY);
  if (const long result = set_attributes(tree.get(), attributes, 0, false); result < 0)
    return context.fail("mount_setattr", result, step.path, in_the_root);
  if (const long result = sys::fstatx(target.get(), STATX_MNT_ID, &status); result < 0)
    return context.fail("statx", result, step.path, in_the_root);
  return attach_for(context, static_cast<Descriptor &&>(tree), target.get(), status, step.path, step::no_slot);
}

// What an image has at the place of a link stays, as with runc; but never at that of ptmx.
int run(Context &context, const step::Symlink &step) {
  Place place;
  if (const long result = open_place(context, step.path, place); result < 0)
    return context.fail("openat2", result, step.path, in_the_way(result));
  const long result = sys::symlinkat(step.target.data, place.directory.get(), place.name);
  if (result != -EEXIST) return result < 0 ? context.fail("symlinkat", result, step.path, in_the_root) : 0;
  if (!step.cover) return 0;
  char target[4096];
  const long size = sys::readlinkat(place.directory.get(), place.name, target, sizeof target);
  if (size >= 0 && equal({target, static_cast<u32>(size)}, step.target)) return 0;
  return cover_multiplexer(context, place, step.path);
}
