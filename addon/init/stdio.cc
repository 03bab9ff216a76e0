// The standard streams of the process.
#include "filesystem.h"
#include "steps.h"

#include <asm/ioctls.h>
#include <asm/statfs.h>
#include <linux/magic.h>

namespace {

// The container's /dev/null, if it is one. Looked at before it is opened, and after.
int open_null(Context &context, Descriptor &null) {
  constexpr const char *path = "/dev/null";
  constexpr u32 ways[] = {O_PATH, O_RDWR | O_NONBLOCK | O_NOCTTY};
  for (const u32 flags : ways) {
    Descriptor file(sys::openat(AT_FDCWD, path, flags | O_NOFOLLOW));
    if (!file.open()) return sys::absent(file.error()) ? 0 : context.fail("openat", file.error(), path);
    struct statx status;
    if (const long result = sys::fstatx(file.get(), STATX_BASIC_STATS, &status); result < 0)
      return context.fail("statx", result, path);
    if (!is_null_device(status)) return 0;
    if (flags != O_PATH) null = static_cast<Descriptor &&>(file);
  }
  return 0;
}

// One of its own, in a tmpfs that is attached nowhere, where the container has something else at /dev/null.
int make_null(Context &context, Descriptor &null) {
  constexpr u32 null_device = 1 << 8 | 3;
  Filesystem filesystem(context);
  Descriptor mount;
  if (filesystem.open(str("tmpfs")) != 0) return -1;
  if (filesystem.create(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, mount) != 0) return -1;
  if (const long result = sys::mknodat(mount.get(), "null", S_IFCHR | 0666, null_device); result < 0)
    return context.fail("mknodat", result, "/dev/null");
  null = Descriptor(sys::openat(mount.get(), "null", O_RDWR | O_NOFOLLOW));
  return null.open() ? 0 : context.fail("openat", null.error(), "/dev/null");
}

} // namespace

// In a user namespace a device can't be made, but nobody there may change the host's either.
int run(Context &context, const step::ReopenNull &step) {
  Descriptor null;
  for (int stream = 0; stream < 3; stream++) {
    struct statx status;
    long result = sys::fstatx(stream, STATX_BASIC_STATS, &status);
    if (result < 0) return context.fail("statx", result, no_path, "descriptor ", static_cast<u64>(stream));
    if (!is_null_device(status)) continue;
    if (!null.open()) {
      int failed = open_null(context, null);
      if (failed == 0 && !null.open()) failed = make_null(context, null);
      if (failed != 0) return !step.must && context.failure_value == EPERM ? 0 : -1;
    }
    if ((result = sys::dup3(null.get(), stream, 0)) < 0) return context.fail("dup3", result);
  }
  return 0;
}

namespace {

// Whether an owner can do no more with it than the process by its descriptor. One of a file that is open for reading alone could
// write to it; of a device or a directory of the host's could open it anew.
bool may_give(int stream, u32 mode) {
  switch (mode & S_IFMT) {
    case S_IFSOCK:
      return true;
    case S_IFCHR: {
      u32 settings[64];
      return sys::ioctl(stream, TCGETS, sys::word(settings)) == 0;
    }
    // One that has a name.
    case S_IFIFO:
    case S_IFREG: {
      const long flags = sys::invoke(__NR_fcntl, stream, F_GETFL);
      return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
    }
    default:
      return false;
  }
}

// A pipe without a name, which is nobody's but of those who have it open: 1, else 0, or a negative errno. A fifo in a directory is a
// file, that stays the host's when all have closed it.
long is_pipe(int stream, u32 mode) {
  if ((mode & S_IFMT) != S_IFIFO) return 0;
  struct statfs filesystem = {};
  const long result = sys::fstatfs(stream, &filesystem);
  return result < 0 ? result : filesystem.f_type == PIPEFS_MAGIC;
}

} // namespace

int run(Context &context, const step::OwnStdio &step) {
  for (int stream = 0; stream < 3; stream++) {
    struct statx status;
    long result = sys::fstatx(stream, STATX_BASIC_STATS, &status);
    if (result < 0) return context.fail("statx", result, no_path, "descriptor ", static_cast<u64>(stream));
    if (status.stx_uid == step.uid) continue;
    const long pipe = is_pipe(stream, status.stx_mode);
    if (pipe < 0) return context.fail("fstatfs", pipe, no_path, "descriptor ", static_cast<u64>(stream));
    if (pipe == 0 && (step.pipes || !may_give(stream, status.stx_mode))) continue;
    result = sys::fchownat(stream, "", step.uid, ~0u, AT_EMPTY_PATH);
    if (result < 0 && result != -EINVAL && result != -EPERM && result != -EROFS)
      return context.fail("fchownat", result, no_path, "descriptor ", static_cast<u64>(stream));
  }
  return 0;
}
