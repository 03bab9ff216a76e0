#include "mount.h"
#include "procfs.h"
#include "steps.h"

namespace {

// The source of a bind mount, by its path in this mount namespace.
Descriptor clone_source(Str path, bool recursive) {
  return Descriptor(sys::open_tree(AT_FDCWD, path.data, OPEN_TREE_CLONE | (recursive ? AT_RECURSIVE : 0)));
}

} // namespace

int run(Context &context, const step::CloneTree &step) {
  if (step.slot >= slot_limit || context.slots[step.slot] != 0)
    return context.fail("open_tree", -EBADF, "slot ", static_cast<u64>(step.slot));
  Descriptor tree = clone_source(step.source, step.recursive != 0);
  if (!tree.open()) return context.fail("open_tree", tree.error(), step.source);
  context.slots[step.slot] = tree.release() + 1;
  return 0;
}

int run(Context &context, const step::CloneInRoot &step) {
  if (step.slot >= slot_limit || context.slots[step.slot] != 0)
    return context.fail("open_tree", -EBADF, "slot ", static_cast<u64>(step.slot));
  const Descriptor source = open_in_root(context, step.source.data, 0);
  if (!source.open()) return context.fail("openat2", source.error(), step.source, in_the_way(source.error()));
  Descriptor tree = clone_tree(source.get(), step.recursive != 0);
  if (!tree.open()) return context.fail("open_tree", tree.error(), step.source, in_the_root);
  context.slots[step.slot] = tree.release() + 1;
  return 0;
}

int run(Context &context, const step::IdmapTree &step) {
  const long result = map_ids(context.slot(step.tree), context.slot(step.userns), step.recursive != 0);
  return result < 0 ? context.fail("mount_setattr", result, "MOUNT_ATTR_IDMAP") : 0;
}

int take_source(Context &context, u32 slot, Str source, bool recursive, Descriptor &tree) {
  if (slot != step::no_slot) {
    tree = Descriptor(context.slot(slot));
    if (!tree.open()) return context.fail("open_tree", -EBADF, "slot ", static_cast<u64>(slot));
    context.slots[slot] = 0;
    if (context.tree_propagation == 0) return 0;
    const long result = set_propagation(tree.get(), context.tree_propagation | MS_REC);
    return result < 0 ? context.fail("mount_setattr", result, source) : 0;
  }
  tree = clone_source(source, recursive);
  return tree.open() ? 0 : context.fail("open_tree", tree.error(), source);
}

int run(Context &context, const step::MountBind &step) {
  Descriptor tree, target;
  if (take_source(context, step.tree, step.source, step.recursive != 0, tree) != 0) return -1;
  struct statx status;
  if (const long result = sys::fstatx(tree.get(), STATX_TYPE, &status); result < 0)
    return context.fail("statx", result, step.source);
  const bool folder = (status.stx_mode & S_IFMT) == S_IFDIR;
  if (!folder && step.must_be_directory) return context.fail("move_mount", -ENOTDIR, step.source);
  // A volume of the image's must not stand in for /proc (CVE-2019-16884).
  if (equal(step.target, str("/proc"))) {
    const long result = check_procfs(tree.get());
    if (result == -EXDEV) return context.fail("move_mount", -EPERM, step.source, " (only a procfs may be mounted at /proc)");
    if (result < 0) return context.fail("fstatfs", result, step.source);
  }

  const u64 resolve = step.must_be_directory ? RESOLVE_NO_SYMLINKS : 0;
  bool made = false;
  struct statx below;
  if (open_target(context, step.target, folder ? Kind::folder : Kind::file, folder ? 0755 : 0644, resolve, target, below,
                  made) != 0)
    return -1;
  if (!folder && (below.stx_mode & S_IFMT) == S_IFDIR)
    return context.fail("move_mount", -EISDIR, step.target, " (in the root file system, where a folder is: the source is none)");
  if (step.set_attributes != 0 || step.clear_attributes != 0)
    if (const long result = set_attributes(tree.get(), step.set_attributes, step.clear_attributes, false); result < 0)
      return context.fail("mount_setattr", result, step.target, in_the_root);
  if (step.recursive_set != 0 || step.recursive_clear != 0)
    if (const long result = set_attributes(tree.get(), step.recursive_set, step.recursive_clear, true); result < 0)
      return context.fail("mount_setattr", result, step.target, " (and all below)");
  return attach_for(context, static_cast<Descriptor &&>(tree), target.get(), below, step.target, step.keep);
}
