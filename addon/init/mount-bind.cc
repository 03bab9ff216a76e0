#include "mount-bind.h"

#include "mount.h"
#include "procfs.h"
#include "root.h"
#include "steps.h"

#include <asm/statfs.h>
#include <linux/limits.h>
#include <linux/magic.h>

namespace {

// The source of a bind mount, by its path in this mount namespace.
Descriptor clone_source(Str path, bool recursive, bool no_follow) {
  return Descriptor(sys::open_tree(AT_FDCWD, path.data,
                                   OPEN_TREE_CLONE | (recursive ? AT_RECURSIVE : 0) |
                                       (no_follow ? AT_SYMLINK_NOFOLLOW : 0)));
}

// What is there already has to be the same link: nothing of the image's is replaced.
int copy_link(Context &context, const step::MountBind &step, int link) {
  char wanted[PATH_MAX], found[PATH_MAX];
  const long size = sys::readlinkat(link, "", wanted, sizeof wanted - 1);
  if (size < 0) return context.fail("readlinkat", size, step.source);
  wanted[size] = 0;
  Place place;
  if (const long result = open_place(context, step.target, place); result < 0)
    return context.fail("openat2", result, step.target, in_the_root);
  const long made = sys::symlinkat(wanted, place.directory.get(), place.name);
  if (made < 0 && made != -EEXIST) return context.fail("symlinkat", made, step.target, in_the_root);
  if (made == -EEXIST) {
    const long there = sys::readlinkat(place.directory.get(), place.name, found, sizeof found);
    if (there != size || !equal(Str{found, static_cast<u32>(there)}, Str{wanted, static_cast<u32>(size)}))
      return context.fail("symlinkat", made, step.target, in_the_root);
  }
  if (step.keep < slot_limit) context.fill(step.keep, Context::no_mount);
  return 0;
}

// The file systems whose files are the kernel's.
bool is_kernels(long type) { return type == PROC_SUPER_MAGIC || type == SYSFS_MAGIC || type == DEVPTS_SUPER_MAGIC; }

// A target that is there, whatever it is.
int open_exact_target(Context &context, Str path, Descriptor &target, struct statx &below) {
  target = open_in_root(context, path.data, O_NOFOLLOW);
  if (!target.open()) return context.fail("openat2", target.error(), path, in_the_root);
  if (const long result = sys::fstatx(target.get(), STATX_BASIC_STATS | STATX_MNT_ID, &below); result < 0)
    return context.fail("statx", result, path, in_the_root);
  if (is_root(context, below)) return context.fail("move_mount", -EBUSY, path, "is the root file system itself");
  struct statfs filesystem = {};
  if (const long result = sys::fstatfs(target.get(), &filesystem); result < 0)
    return context.fail("fstatfs", result, path, in_the_root);
  if (is_kernels(filesystem.f_type)) return context.fail("move_mount", -EPERM, path, "in a proc, sysfs or devpts");
  return 0;
}

} // namespace

int run(Context &context, const step::CloneTree &step) {
  if (step.slot >= slot_limit || context.slots[step.slot] != 0)
    return context.fail("open_tree", -EBADF, no_path, "slot ", static_cast<u64>(step.slot));
  Descriptor tree = clone_source(step.source, step.recursive != 0, step.no_follow != 0);
  if (!tree.open()) return context.fail("open_tree", tree.error(), step.source);
  context.fill(step.slot, tree.release());
  return 0;
}

int run(Context &context, const step::CloneInRoot &step) {
  if (step.slot >= slot_limit || context.slots[step.slot] != 0)
    return context.fail("open_tree", -EBADF, no_path, "slot ", static_cast<u64>(step.slot));
  const Descriptor source = open_in_root(context, step.source.data, step.no_follow != 0 ? O_NOFOLLOW : 0);
  if (!source.open()) return context.fail("openat2", source.error(), step.source, in_the_way(source.error()));
  Descriptor tree = clone_tree(source.get(), step.recursive != 0);
  if (!tree.open()) return context.fail("open_tree", tree.error(), step.source, in_the_root);
  context.fill(step.slot, tree.release());
  return 0;
}

int run(Context &context, const step::IdmapTree &step) {
  const long result = map_ids(context.slot(step.tree), context.slot(step.userns), step.recursive != 0);
  return result < 0 ? context.fail("mount_setattr", result, no_path, "MOUNT_ATTR_IDMAP") : 0;
}

int take_source(Context &context, u32 slot, Str source, bool recursive, bool no_follow, Descriptor &tree) {
  if (slot != step::no_slot) {
    tree = Descriptor(context.slot(slot));
    if (!tree.open()) return context.fail("open_tree", -EBADF, no_path, "slot ", static_cast<u64>(slot));
    context.slots[slot] = 0;
    if (context.tree_propagation == 0) return 0;
    const long result = set_propagation(tree.get(), context.tree_propagation);
    return result < 0 ? context.fail("mount_setattr", result, source) : 0;
  }
  tree = clone_source(source, recursive, no_follow);
  return tree.open() ? 0 : context.fail("open_tree", tree.error(), source);
}

int run(Context &context, const step::MountBind &step) {
  Descriptor tree, target;
  const bool no_follow = step.source_no_follow != 0 || step.copy_link != 0;
  if (take_source(context, step.tree, step.source, step.recursive != 0, no_follow, tree) != 0) return -1;
  struct statx status;
  if (const long result = sys::fstatx(tree.get(), STATX_TYPE | STATX_MNT_ID, &status); result < 0)
    return context.fail("statx", result, step.source);
  if (step.copy_link && (status.stx_mode & S_IFMT) == S_IFLNK) return copy_link(context, step, tree.get());
  const bool directory = (status.stx_mode & S_IFMT) == S_IFDIR;
  if (!directory && step.must_be_directory) return context.fail("move_mount", -ENOTDIR, step.source);
  // A volume of the image's must not stand in for /proc (CVE-2019-16884).
  if (equal(step.target, str("/proc"))) {
    const long result = check_procfs(tree.get());
    if (result == -EXDEV) return context.fail("move_mount", -EPERM, step.source, "only a procfs may be mounted at /proc");
    if (result < 0) return context.fail("fstatfs", result, step.source);
  }

  const u64 resolve = step.must_be_directory ? RESOLVE_NO_SYMLINKS : 0;
  bool made = false;
  struct statx below;
  if (step.target_no_follow) {
    if (open_exact_target(context, step.target, target, below) != 0) return -1;
  } else if (open_target(context, step.target, directory ? Kind::directory : Kind::file, directory ? 0755 : 0644, resolve, target, below,
                  made) != 0)
    return -1;
  if (!directory && (below.stx_mode & S_IFMT) == S_IFDIR)
    return context.fail("move_mount", -EISDIR, step.target, "in the root file system, where a directory is: the source is none");
  if (step.set_attributes != 0 || step.clear_attributes != 0)
    if (const long result = set_attributes(tree.get(), step.set_attributes, step.clear_attributes, false); result < 0)
      return context.fail("mount_setattr", result, step.target, in_the_root);
  if (step.recursive_set != 0 || step.recursive_clear != 0)
    if (const long result = set_attributes(tree.get(), step.recursive_set, step.recursive_clear, true); result < 0)
      return context.fail("mount_setattr", result, step.target, "and all below");
  return attach_for(context, static_cast<Descriptor &&>(tree), status, target.get(), below, step.target, step.keep);
}
