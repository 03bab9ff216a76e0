#include "root.h"

#include "descriptors.h"
#include "mount.h"
#include "procfs.h"
#include "steps.h"

namespace {

// The root of the mount that holds a directory: up the tree until statx says so. Paths of the host, that only its root changes.
// EINVAL where the runtime's own root is in the way (chroot), as mount(2) says of what is no mount.
Descriptor holder_of(Descriptor directory) {
  struct statx below = {};
  for (;;) {
    struct statx status;
    if (const long result = sys::fstatx(directory.get(), STATX_INO | STATX_MNT_ID, &status); result < 0)
      return Descriptor(result);
    if ((status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0) return Descriptor(-EOPNOTSUPP);
    if (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) return directory;
    // ".." of the root is the root.
    if (status.stx_mnt_id == below.stx_mnt_id && status.stx_ino == below.stx_ino) return Descriptor(-EINVAL);
    below = status;
    Descriptor above(sys::openat(directory.get(), "..", O_PATH | O_DIRECTORY));
    if (!above.open()) return above;
    directory = static_cast<Descriptor &&>(above);
  }
}

// /dev/null of the runtime, taken while its /dev is in sight. What the container has at /dev/null is anybody's
// (CVE-2025-31133). Read-only, as the node is the host's: data goes through all the same, but root of the container can't
// change its mode or owner.
int take_null_device() {
  Descriptor null(sys::open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | AT_SYMLINK_NOFOLLOW));
  if (!null.open()) return static_cast<int>(null.error());
  struct statx status;
  if (const long result = sys::fstatx(null.get(), STATX_BASIC_STATS, &status); result < 0)
    return static_cast<int>(result);
  if (!is_null_device(status)) return -ENODEV;
  if (const long result = set_propagation(null.get(), MS_PRIVATE); result < 0) return static_cast<int>(result);
  constexpr u64 attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
  if (const long result = set_attributes(null.get(), attributes, 0, false); result < 0) return static_cast<int>(result);
  return null.release();
}

} // namespace

long set_root(Context &context, int descriptor) {
  struct statx status;
  const long result = sys::fstatx(descriptor, STATX_BASIC_STATS | STATX_MNT_ID, &status);
  if (result < 0) return result;
  context.root = descriptor;
  context.root_mount = status.stx_mnt_id;
  context.root_inode = status.stx_ino;
  return 0;
}

bool is_root(const Context &context, const struct statx &status) {
  return status.stx_mnt_id == context.root_mount && status.stx_ino == context.root_inode;
}

int run(Context &context, const step::OpenRoot &step) {
  Descriptor directory(sys::openat(AT_FDCWD, step.path.data, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  if (!directory.open()) return context.fail("openat", directory.error(), step.path);
  Descriptor tree;
  if (step.tree == step::no_slot) {
    tree = clone_tree(directory.get(), true);
    if (!tree.open()) return context.fail("open_tree", tree.error(), step.path);
  } else {
    tree = Descriptor(context.slot(step.tree));
    if (!tree.open()) return context.fail("open_tree", -EBADF, step.path);
    context.slots[step.tree] = 0;
  }
  // A tree that was cloned before this mount namespace was made has the propagation of the runtime's mounts: it gets what
  // tree-propagation gave to every mount here. A detached one must have none.
  u64 below = step.tree == step::no_slot ? 0 : context.tree_propagation;
  if (!step.attach) below = MS_PRIVATE;
  if (below != 0)
    if (const long result = set_propagation(tree.get(), below | MS_REC); result < 0)
      return context.fail("mount_setattr", result, step.path);
  // pivot_root wants a root that isn't shared.
  if (const long result = set_propagation(tree.get(), MS_PRIVATE); result < 0)
    return context.fail("mount_setattr", result, step.path);
  if (step.attach) {
    Descriptor copy(sys::openat(directory.get(), ".", O_PATH | O_DIRECTORY));
    if (!copy.open()) return context.fail("openat", copy.error(), step.path);
    const Descriptor holder = holder_of(static_cast<Descriptor &&>(copy));
    if (!holder.open()) return context.fail("statx", holder.error(), step.path, "the mount that holds it");
    if (const long result = set_propagation(holder.get(), MS_PRIVATE); result < 0)
      return context.fail("mount_setattr", result, step.path, "the mount that holds it");
    if (const long result = attach(tree.get(), directory.get()); result < 0)
      return context.fail("move_mount", result, step.path);
  }
  context.root_path = step.path;
  context.root_detached = !step.attach;
  if (const long result = set_root(context, tree.release()); result < 0)
    return context.fail("statx", result, step.path);
  context.null_device.descriptor = take_null_device();
  return 0;
}

int run(Context &context, const step::AdoptRoot &) {
  Descriptor root(sys::openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  if (!root.open()) return context.fail("openat", root.error(), "/");
  const long result = set_root(context, root.release());
  return result < 0 ? context.fail("statx", result, "/") : 0;
}

int run(Context &context, const step::RootPropagation &step) {
  const long result = set_propagation(context.root, step.flags);
  return result < 0 ? context.fail("mount_setattr", result, "/", in_the_root) : 0;
}

int run(Context &context, const step::RootReadonly &) {
  const long result = set_attributes(context.root, MOUNT_ATTR_RDONLY, 0, false);
  return result < 0 ? context.fail("mount_setattr", result, "/", in_the_root) : 0;
}
