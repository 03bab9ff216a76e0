// System calls, raw. Each returns what the kernel returns: a value, or a negative errno. Nothing here touches a global.
#pragma once

#include "../core/raw.h"
#include "types.h"

#include <asm/errno.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>

// Missing in the headers of older distributions.
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

namespace sys {

// Turns any argument into a register's worth.
template <typename T> inline long word(T *pointer) { return reinterpret_cast<long>(pointer); }
inline long word(long value) { return value; }
inline long word(u64 value) { return static_cast<long>(value); }
inline long word(usize value) { return static_cast<long>(value); }
inline long word(u32 value) { return static_cast<long>(value); }
inline long word(i32 value) { return static_cast<long>(value); }
inline long word(decltype(nullptr)) { return 0; }

template <typename... Arguments> inline long invoke(long number, Arguments... arguments) {
  return raw::call(number, word(arguments)...);
}

// A seccomp filter may answer these with an errno too. No filter stands before a fault, which ends even the first process of a
// pid namespace.
[[noreturn]] inline void exit(int status) {
  invoke(__NR_exit_group, status);
  invoke(__NR_exit, status);
  __builtin_trap();
}

// Calls until the answer is something else than `again`. Init has no signal handler that returns, so that EINTR is rare, and anybody with a tree
// of directories can cause EAGAIN of openat2 for as long as they like; a filter that was told to gives either for ever.
template <typename Call> inline long retried(long again, Call call) {
  long result = again;
  for (int attempt = 0; attempt < 1000 && result == again; attempt++) result = call();
  return result;
}

// ---- files ------------------------------------------------------------------------------------------------------------
inline long openat(int directory, const char *path, u32 flags, u32 mode = 0) {
  return invoke(__NR_openat, directory, path, flags | O_CLOEXEC, mode);
}
// EAGAIN means that something was renamed or mounted while `..` was resolved.
inline long openat2(int directory, const char *path, u64 flags, u64 resolve) {
  const open_how how{flags | O_CLOEXEC, 0, resolve};
  return retried(-EAGAIN, [&] { return invoke(__NR_openat2, directory, path, &how, sizeof how); });
}
inline long close(int descriptor) { return invoke(__NR_close, descriptor); }
inline long close_range(u32 first, u32 last, u32 flags) { return invoke(__NR_close_range, first, last, flags); }
inline long read(int descriptor, void *to, usize size) {
  return retried(-EINTR, [&] { return invoke(__NR_read, descriptor, to, size); });
}
inline long write(int descriptor, const void *from, usize size) {
  return retried(-EINTR, [&] { return invoke(__NR_write, descriptor, from, size); });
}
inline long pread(int descriptor, void *to, usize size, u64 at) {
  return invoke(__NR_pread64, descriptor, to, size, at);
}
inline long lseek(int descriptor, i64 offset, int whence) { return invoke(__NR_lseek, descriptor, (long)offset, whence); }
inline long dup3(int from, int to, u32 flags) { return invoke(__NR_dup3, from, to, flags); }
inline long pipe2(int *ends, u32 flags) { return invoke(__NR_pipe2, ends, flags); }
inline long memfd_create(const char *name, u32 flags) { return invoke(__NR_memfd_create, name, flags); }
// statx.cc. Gives all that mask asks for, or an error. Where a filter has only the older call left, that is STATX_BASIC_STATS, and
// no attribute.
long statx(int directory, const char *path, u32 flags, u32 mask, struct statx *to);
inline long fstatx(int descriptor, u32 mask, struct statx *to) {
  return statx(descriptor, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, mask, to);
}
inline long fstatfs(int descriptor, void *to) { return invoke(__NR_fstatfs, descriptor, to); }
inline long mkdirat(int directory, const char *path, u32 mode) { return invoke(__NR_mkdirat, directory, path, mode); }
inline long mknodat(int directory, const char *path, u32 mode, u32 device) {
  return invoke(__NR_mknodat, directory, path, mode, device);
}
// The kernel's encoding of a device: 12 bits of major, 20 of minor.
constexpr u32 device_number(u32 major, u32 minor) { return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12; }
inline long symlinkat(const char *target, int directory, const char *path) {
  return invoke(__NR_symlinkat, target, directory, path);
}
inline long unlinkat(int directory, const char *path, u32 flags) {
  return invoke(__NR_unlinkat, directory, path, flags);
}
inline long readlinkat(int directory, const char *path, char *to, usize size) {
  return invoke(__NR_readlinkat, directory, path, to, size);
}
inline long fchownat(int directory, const char *path, u32 uid, u32 gid, u32 flags) {
  return invoke(__NR_fchownat, directory, path, uid, gid, flags);
}
inline long fchmodat(int directory, const char *path, u32 mode) {
  return invoke(__NR_fchmodat, directory, path, mode);
}
inline long fchmodat2(int directory, const char *path, u32 mode, u32 flags) {
  return invoke(__NR_fchmodat2, directory, path, mode, flags);
}
inline long faccessat2(int directory, const char *path, u32 mode, u32 flags) {
  return invoke(__NR_faccessat2, directory, path, mode, flags);
}
inline long faccessat(int directory, const char *path, u32 mode) {
  return invoke(__NR_faccessat, directory, path, mode);
}
inline long chdir(const char *path) { return invoke(__NR_chdir, path); }
inline long fchdir(int descriptor) { return invoke(__NR_fchdir, descriptor); }
inline long chroot(const char *path) { return invoke(__NR_chroot, path); }
inline long getcwd(char *to, usize size) { return invoke(__NR_getcwd, to, size); }
// The mask before, or a negative errno: never the kernel's, but a filter may give one.
inline long umask(u32 mask) { return invoke(__NR_umask, mask); }
inline long ioctl(int descriptor, u32 request, long argument) {
  return invoke(__NR_ioctl, descriptor, request, argument);
}

// ---- mounts -----------------------------------------------------------------------------------------------------------
inline long mount(const char *source, const char *target, const char *type, u64 flags, const char *data) {
  return invoke(__NR_mount, source, target, type, flags, data);
}
inline long umount2(const char *target, u32 flags) { return invoke(__NR_umount2, target, flags); }
inline long pivot_root(const char *root, const char *old) { return invoke(__NR_pivot_root, root, old); }
inline long open_tree(int directory, const char *path, u32 flags) {
  return invoke(__NR_open_tree, directory, path, flags | O_CLOEXEC);
}
inline long move_mount(int from, const char *from_path, int to, const char *to_path, u32 flags) {
  return invoke(__NR_move_mount, from, from_path, to, to_path, flags);
}
inline long fsopen(const char *type, u32 flags) { return invoke(__NR_fsopen, type, flags); }
inline long fspick(int directory, const char *path, u32 flags) {
  return invoke(__NR_fspick, directory, path, flags);
}
inline long fsconfig(int context, u32 command, const char *key, const char *value, int aux) {
  return invoke(__NR_fsconfig, context, command, key, value, aux);
}
inline long fsmount(int context, u32 flags, u32 attributes) {
  return invoke(__NR_fsmount, context, flags, attributes);
}
inline long mount_setattr(int directory, const char *path, u32 flags, const void *attributes, usize size) {
  return invoke(__NR_mount_setattr, directory, path, flags, attributes, size);
}

// ---- processes ----------------------------------------------------------------------------------------------------------
inline long prctl(int option, u64 a = 0, u64 b = 0, u64 c = 0, u64 d = 0) {
  return invoke(__NR_prctl, option, a, b, c, d);
}
inline long setns(int descriptor, u32 flags) { return invoke(__NR_setns, descriptor, flags); }
inline long unshare(u32 flags) { return invoke(__NR_unshare, flags); }
inline long execve(const char *path, const char *const *args, const char *const *env) {
  return invoke(__NR_execve, path, args, env);
}

// ---- memory -------------------------------------------------------------------------------------------------------------
// With `filled`, its pages are there at once: a page fault each takes several times as long.
inline long map(u64 size, bool filled) {
  constexpr int read_write = 3, private_anonymous = 0x22, populate = 0x8000;
  return invoke(__NR_mmap, 0, size, read_write, private_anonymous | (filled ? populate : 0), -1, 0);
}
inline long map_shared(int descriptor, u64 size) {
  constexpr int read_write = 3, shared = 1;
  return invoke(__NR_mmap, 0, size, read_write, shared, descriptor, 0);
}
inline bool failed(long result) { return result < 0 && result > -4096; }

// Whether an open failed because there is no such file, or none that may be opened; and not for want of memory, say.
inline bool absent(long result) {
  switch (-result) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EACCES:
    case ENXIO:
    case ENODEV: return true;
    default: return false;
  }
}

} // namespace sys

// Whether it is /dev/null, whatever its path.
inline bool is_null_device(const struct statx &status) {
  return (status.stx_mode & S_IFMT) == S_IFCHR && status.stx_rdev_major == 1 && status.stx_rdev_minor == 3;
}

// A descriptor that is closed when it goes out of scope. Holds -1, or a negative errno, when there is none.
class Descriptor {
public:
  Descriptor() = default;
  explicit Descriptor(long value) : value_(static_cast<int>(value)) {}
  Descriptor(Descriptor &&other) noexcept : value_(other.release()) {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    reset(other.release());
    return *this;
  }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  ~Descriptor() { reset(-1); }

  bool open() const { return value_ >= 0; }
  int get() const { return value_; }
  // The negative errno of the call that gave no descriptor.
  long error() const { return value_; }
  int release() {
    const int value = value_;
    value_ = -1;
    return value;
  }
  void reset(int value) {
    if (value_ >= 0) sys::close(value_);
    value_ = value;
  }

private:
  int value_ = -1;
};
