// The standard streams of the process.
#include "steps.h"

int run(Context &context, const step::ReopenNull &) {
  Descriptor null;
  for (int stream = 0; stream < 3; stream++) {
    struct statx status;
    long result = sys::fstatx(stream, STATX_BASIC_STATS, &status);
    if (result < 0) return context.fail("statx", result, "descriptor ", static_cast<u64>(stream));
    if (!is_null_device(status)) continue;
    if (!null.open()) {
      // Looked at before it is opened. What is no /dev/null is the container's own business: the host's serves as well.
      const Descriptor node(sys::openat(AT_FDCWD, "/dev/null", O_PATH | O_NOFOLLOW));
      if (!node.open() || sys::fstatx(node.get(), STATX_BASIC_STATS, &status) < 0 || !is_null_device(status)) return 0;
      null = Descriptor(sys::openat(AT_FDCWD, "/dev/null", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
      if (!null.open() || sys::fstatx(null.get(), STATX_BASIC_STATS, &status) < 0 || !is_null_device(status)) return 0;
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
