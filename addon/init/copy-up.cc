#include "copy-up.h"

#include <linux/time_types.h>

namespace {

constexpr int depth_limit = 128;

// struct linux_dirent64.
struct Entry {
  u64 inode;
  i64 offset;
  u16 size;
  u8 type;
  char name[];
};

// XATTR_LIST_MAX and XATTR_SIZE_MAX of limits.h.
char attribute_names[65536];
char attribute_value[65536];

struct Copier {
  const char *call = "";

  long failed(const char *name, long result) {
    call = name;
    return result;
  }

  // security.* and trusted.* may be refused, and a tmpfs may not know the others: what can be kept is kept. But an ACL may say that
  // the group has less than the mode's bits, which hold the ACL's mask then.
  static bool tolerable(const char *name, long result) {
    if (starts_with(str(name), str("system.posix_acl_"))) return false;
    return result == -EOPNOTSUPP || result == -EPERM || result == -EINVAL || result == -ENOSPC;
  }

  long attributes(int from, int to) {
    const long size = sys::invoke(__NR_flistxattr, from, attribute_names, sizeof attribute_names);
    // A file system without any.
    if (size == -EOPNOTSUPP) return 0;
    if (size < 0) return failed("flistxattr", size);
    for (long at = 0; at < size; at += static_cast<long>(strlen(attribute_names + at)) + 1) {
      const char *name = attribute_names + at;
      const long length = sys::invoke(__NR_fgetxattr, from, name, attribute_value, sizeof attribute_value);
      if (length == -ENODATA || (length < 0 && tolerable(name, length))) continue;
      if (length < 0) return failed("fgetxattr", length);
      const long result = sys::invoke(__NR_fsetxattr, to, name, attribute_value, length, 0);
      if (result < 0 && !tolerable(name, result)) return failed("fsetxattr", result);
    }
    return 0;
  }

  long owner_and_times(int directory, const char *name, const struct statx &status) {
    constexpr u32 nofollow = AT_SYMLINK_NOFOLLOW;
    if (const long result = sys::fchownat(directory, name, status.stx_uid, status.stx_gid, nofollow); result < 0)
      return failed("fchownat", result);
    // After the owner: a change of owner takes set-user-ID away.
    if ((status.stx_mode & S_IFMT) != S_IFLNK)
      if (const long result = sys::fchmodat(directory, name, status.stx_mode & 07777); result < 0)
        return failed("fchmodat", result);
    const __kernel_timespec times[] = {{status.stx_atime.tv_sec, status.stx_atime.tv_nsec},
                                       {status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec}};
    const long result = sys::invoke(__NR_utimensat, directory, name, times, nofollow);
    return result < 0 ? failed("utimensat", result) : 0;
  }

  long file(int from, int to, const char *name, struct statx &status) {
    // Not blocking, and looked at again: it may be a fifo by now.
    const Descriptor source(sys::openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    if (!source.open()) return failed("openat", source.error());
    if (const long result = sys::fstatx(source.get(), STATX_BASIC_STATS, &status); result < 0)
      return failed("statx", result);
    if ((status.stx_mode & S_IFMT) != S_IFREG) return failed("openat", -ESTALE);
    const Descriptor target(sys::openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
    if (!target.open()) return failed("openat", target.error());
    for (;;) {
      const long copied = sys::invoke(__NR_sendfile, target.get(), source.get(), nullptr, 1u << 20);
      if (copied < 0) return failed("sendfile", copied);
      if (copied == 0) break;
    }
    return attributes(source.get(), target.get());
  }

  long link(int from, int to, const char *name) {
    char target[4096];
    const long size = sys::readlinkat(from, name, target, sizeof target - 1);
    if (size < 0) return failed("readlinkat", size);
    target[size] = 0;
    const long result = sys::symlinkat(target, to, name);
    return result < 0 ? failed("symlinkat", result) : 0;
  }

  long directory(int from, int to, const char *name, int depth) {
    const Descriptor source(sys::openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    if (!source.open()) return failed("openat", source.error());
    if (const long result = sys::mkdirat(to, name, 0700); result < 0) return failed("mkdirat", result);
    const Descriptor target(sys::openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    if (!target.open()) return failed("openat", target.error());
    if (const long result = attributes(source.get(), target.get()); result < 0) return result;
    return contents(source.get(), target.get(), depth + 1);
  }

  long entry(int from, int to, const char *name, int depth) {
    struct statx status;
    if (const long result = sys::statx(from, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status); result < 0)
      return failed("statx", result);
    long result;
    switch (status.stx_mode & S_IFMT) {
      case S_IFDIR: result = directory(from, to, name, depth); break;
      case S_IFREG: result = file(from, to, name, status); break;
      case S_IFLNK: result = link(from, to, name); break;
      default: {
        const u32 device = sys::device_number(status.stx_rdev_major, status.stx_rdev_minor);
        if ((result = sys::mknodat(to, name, status.stx_mode, device)) < 0) failed("mknodat", result);
      }
    }
    return result < 0 ? result : owner_and_times(to, name, status);
  }

  long contents(int from, int to, int depth) {
    if (depth > depth_limit) return failed("mkdirat", -ELOOP);
    alignas(8) char entries[1024];
    for (;;) {
      const long size = sys::invoke(__NR_getdents64, from, entries, sizeof entries);
      if (size < 0) return failed("getdents64", size);
      if (size == 0) return 0;
      for (long at = 0; at < size;) {
        const auto *item = reinterpret_cast<const Entry *>(entries + at);
        at += item->size;
        const Str name = str(item->name);
        if (equal(name, {".", 1}) || equal(name, {"..", 2})) continue;
        if (const long result = entry(from, to, item->name, depth); result < 0) return result;
      }
    }
  }
};

} // namespace

long copy_up(int from, int to, const char *&call) {
  Copier copier;
  const long result = copier.contents(from, to, 0);
  call = copier.call;
  return result;
}
