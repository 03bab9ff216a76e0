// The standard streams of the process.
#include "filesystem.h"
#include "steps.h"

namespace {

// The container's /dev/null. Looked at before it is opened, and after.
Descriptor open_null() {
  struct statx status;
  const Descriptor node(sys::openat(AT_FDCWD, "/dev/null", O_PATH | O_NOFOLLOW));
  if (!node.open() || sys::fstatx(node.get(), STATX_BASIC_STATS, &status) < 0 || !is_null_device(status)) return {};
  Descriptor null(sys::openat(AT_FDCWD, "/dev/null", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!null.open() || sys::fstatx(null.get(), STATX_BASIC_STATS, &status) < 0 || !is_null_device(status)) return {};
  return null;
}

// One of its own, in a tmpfs that is attached nowhere, where the container has something else at /dev/null. In a user
// namespace a device can't be made, but nobody there may change the host's either.
Descriptor make_null(Context &context) {
  constexpr u32 null_device = 1 << 8 | 3;
  Filesystem filesystem(context);
  Descriptor mount;
  if (filesystem.open(str("tmpfs")) != 0) return {};
  if (filesystem.create(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, mount) != 0) return {};
  if (sys::mknodat(mount.get(), "null", S_IFCHR | 0666, null_device) < 0) return {};
  return Descriptor(sys::openat(mount.get(), "null", O_RDWR | O_NOFOLLOW));
}

} // namespace

int run(Context &context, const step::ReopenNull &) {
  Descriptor null;
  for (int stream = 0; stream < 3; stream++) {
    struct statx status;
    long result = sys::fstatx(stream, STATX_BASIC_STATS, &status);
    if (result < 0) return context.fail("statx", result, "descriptor ", static_cast<u64>(stream));
    if (!is_null_device(status)) continue;
    if (!null.open()) {
      null = open_null();
      if (!null.open()) null = make_null(context);
      if (!null.open()) return 0;
    }
    if ((result = sys::dup3(null.get(), stream, 0)) < 0) return context.fail("dup3", result);
  }
  return 0;
}

int run(Context &context, const step::OwnStdio &step) {
  for (int stream = 0; stream < 3; stream++) {
    struct statx status;
    long result = sys::fstatx(stream, STATX_BASIC_STATS, &status);
    if (result < 0) return context.fail("statx", result, "descriptor ", static_cast<u64>(stream));
    if (is_null_device(status) || status.stx_uid == step.uid) continue;
    result = sys::fchownat(stream, "", step.uid, ~0u, AT_EMPTY_PATH);
    if (result < 0 && result != -EINVAL && result != -EPERM && result != -EROFS)
      return context.fail("fchownat", result, "descriptor ", static_cast<u64>(stream));
  }
  return 0;
}
