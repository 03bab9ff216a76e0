#include "filesystem.h"
#include "root.h"
#include "steps.h"

namespace {

bool missing(const Descriptor &target) { return target.error() == -ENOENT || target.error() == -ENOTDIR; }

// The one empty, read-only directory that covers every masked directory.
int make_empty_directory(Context &context, Str label, Str option) {
  Filesystem filesystem(context);
  if (filesystem.open(str("tmpfs")) != 0) return -1;
  if (filesystem.set("source", "tmpfs") != 0 || filesystem.set("ro", nullptr) != 0 || filesystem.set("nr_inodes", "2") != 0 || filesystem.set("size", "4k") != 0 ||
      filesystem.set("mode", "755") != 0)
    return -1;
  if (label.size > 0 && filesystem.set(option.data, label.data) != 0) return -1;
  Descriptor mount;
  constexpr u64 attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  if (filesystem.create(attributes, mount) != 0) return -1;
  context.empty_directory.descriptor = mount.release();
  return 0;
}

} // namespace

int run(Context &context, const step::MaskPath &step) {
  const Descriptor target = open_in_root(context, step.path.data, 0);
  if (missing(target)) return 0;
  if (!target.open()) return context.fail("openat2", target.error(), step.path, in_the_root);
  struct statx status;
  if (const long result = sys::fstatx(target.get(), STATX_BASIC_STATS | STATX_MNT_ID, &status); result < 0)
    return context.fail("statx", result, step.path, in_the_root);
  if (is_root(context, status)) return context.fail("move_mount", -EBUSY, step.path, "is the root file system itself");
  const bool directory = (status.stx_mode & S_IFMT) == S_IFDIR;
  if (directory && context.empty_directory.descriptor < 0 && make_empty_directory(context, step.label, step.context) != 0) return -1;
  SharedMount &cover = directory ? context.empty_directory : context.null_device;
  if (cover.descriptor < 0) return context.fail("open_tree", cover.descriptor, "/dev/null");
  const long result = attach_shared(cover, target.get());
  return result < 0 ? context.fail("move_mount", result, step.path, in_the_root) : 0;
}

// Recursive as a bind, so that what is mounted below stays in sight; the mounts below keep their own attributes. The root itself,
// which a link may lead to as well, gets the attribute: a mount put over it would not be where the process has its root.
int run(Context &context, const step::ReadonlyPath &step) {
  const Descriptor target = open_in_root(context, step.path.data, 0);
  if (missing(target)) return 0;
  if (!target.open()) return context.fail("openat2", target.error(), step.path, in_the_root);
  struct statx status;
  if (const long result = sys::fstatx(target.get(), STATX_INO | STATX_MNT_ID, &status); result < 0)
    return context.fail("statx", result, step.path, in_the_root);
  if (is_root(context, status)) {
    const long result = set_attributes(context.root, MOUNT_ATTR_RDONLY, 0, false);
    return result < 0 ? context.fail("mount_setattr", result, step.path, in_the_root) : 0;
  }
  const Descriptor tree = clone_tree(target.get(), true);
  if (!tree.open()) return context.fail("open_tree", tree.error(), step.path, in_the_root);
  if (const long result = set_attributes(tree.get(), MOUNT_ATTR_RDONLY, 0, false); result < 0)
    return context.fail("mount_setattr", result, step.path, in_the_root);
  const long result = attach(tree.get(), target.get());
  return result < 0 ? context.fail("move_mount", result, step.path, in_the_root) : 0;
}
