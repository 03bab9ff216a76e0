// The ways to make the root file system "/".
#include "descriptors.h"
#include "mount.h"
#include "mountinfo.h"
#include "root.h"
#include "steps.h"

namespace {

constexpr u32 mnt_detach = 2;

int enter_root(Context &context) {
  if (const long result = sys::fchdir(context.root); result < 0) return context.fail("fchdir", result, context.root_path);
  if (const long result = sys::chroot("."); result < 0) return context.fail("chroot", result, context.root_path);
  if (const long result = sys::chdir("/"); result < 0) return context.fail("chdir", result, "/");
  return 0;
}

bool below(Str path, Str directory) {
  return starts_with(path, directory) && (path.size == directory.size || path.data[directory.size] == '/');
}

// Without pivot_root the old tree stays mounted under the new one: a full procfs or sysfs there would let a container with
// a user namespace mount its own without the masks of this one.
long hide(const char *path) {
  long result = sys::mount(nullptr, path, nullptr, MS_SLAVE | MS_REC, nullptr);
  if (result == 0) result = sys::umount2(path, mnt_detach);
  if (result != -EINVAL && result != -EPERM) return result;
  // Locked by the user namespace above ours: can't be taken away, can be covered.
  const Descriptor filesystem(sys::fsopen("tmpfs", FSOPEN_CLOEXEC));
  if (!filesystem.open()) return filesystem.error();
  if ((result = sys::fsconfig(filesystem.get(), FSCONFIG_SET_FLAG, "ro", nullptr, 0)) < 0) return result;
  if ((result = sys::fsconfig(filesystem.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0)) < 0) return result;
  const Descriptor cover(sys::fsmount(filesystem.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY));
  if (!cover.open()) return cover.error();
  return sys::move_mount(cover.get(), "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
}

} // namespace

int run(Context &context, const step::PivotRoot &) {
  const Descriptor old(sys::openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  if (!old.open()) return context.fail("openat", old.error(), "/");
  if (const long result = sys::fchdir(context.root); result < 0) return context.fail("fchdir", result, context.root_path);
  if (const long result = sys::pivot_root(".", "."); result < 0)
    return context.fail("pivot_root", result, context.root_path);
  // The old root lies over the new one now. As a slave, so that the unmount reaches nobody else.
  if (const long result = sys::fchdir(old.get()); result < 0) return context.fail("fchdir", result, "/");
  if (const long result = sys::mount(nullptr, ".", nullptr, MS_SLAVE | MS_REC, nullptr); result < 0)
    return context.fail("mount", result, "/", "the old root");
  if (const long result = sys::umount2(".", mnt_detach); result < 0)
    return context.fail("umount2", result, "/", "the old root");
  if (const long result = sys::chdir("/"); result < 0) return context.fail("chdir", result, "/");
  return 0;
}

int run(Context &context, const step::MoveRoot &) {
  MountTable table;
  if (const long result = table.read(context); result < 0) return context.fail("read", result, "/proc/self/mountinfo");
  MountEntry entry;
  while (table.next(entry)) {
    if (!equal(entry.type, str("proc")) && !equal(entry.type, str("sysfs"))) continue;
    const Str path = str(entry.path);
    if (below(path, context.root_path)) continue;
    const long result = hide(entry.path);
    if (result == 0) continue;
    // Gone with one above it, if it really is.
    const Descriptor left(sys::openat(AT_FDCWD, entry.path, O_PATH | O_NOFOLLOW));
    if (result != -ENOENT || left.error() != -ENOENT) return context.fail("umount2", result, path);
  }
  const long result = sys::move_mount(context.root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
  if (result < 0) return context.fail("move_mount", result, context.root_path);
  return enter_root(context);
}

int run(Context &context, const step::Chroot &) { return enter_root(context); }

int run(Context &context, const step::EnterRoot &step) {
  Descriptor root(context.slot(step.root));
  if (!root.open()) return context.fail("fchdir", -EBADF, "/");
  context.slots[step.root] = 0;
  if (const long result = set_root(context, root.release()); result < 0) return context.fail("statx", result, "/");
  return enter_root(context);
}
