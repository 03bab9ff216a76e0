#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <memory>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "owned-descriptor.h"

namespace tsrunc {

namespace {

// A directory below `parent`; neither a symlink nor another mount is entered (EXDEV), whoever swaps names meanwhile.
int open_below(int parent, const char *name) {
  open_how how = {};
  how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(retried([&] { return syscall(SYS_openat2, parent, name, &how, sizeof how); }));
}

// Takes over `fd`, the directory to be emptied; path is for messages only.
Status empty_directory(int fd, const std::string &path) {
  std::unique_ptr<DIR, int (*)(DIR *)> directory(fdopendir(fd), closedir);
  if (!directory) {
    Error error = failure("openat2", path);
    close(fd);
    return error;
  }
  for (;;) {
    errno = 0;
    const dirent *entry = readdir(directory.get());
    if (!entry) break;
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const std::string below = path + "/" + name;
    if (unlinkat(fd, name.c_str(), 0) == 0 || errno == ENOENT) continue;
    // EISDIR is Linux' answer for a directory, EPERM what POSIX says.
    Error kept = failure("unlinkat", below);
    if (kept.number != EISDIR && kept.number != EPERM) return kept;
    OwnedDescriptor child(open_below(fd, name.c_str()));
    if (!child.valid()) return kept.number == EPERM && errno == ENOTDIR ? kept : failure("openat2", below);
    Status emptied = empty_directory(child.release(), below);
    if (emptied.failed()) return emptied;
    if (unlinkat(fd, name.c_str(), AT_REMOVEDIR) < 0 && errno != ENOENT) return failure("unlinkat", below);
  }
  if (errno != 0) return failure("getdents", path);
  return Done{};
}

} // namespace

Status remove_tree(const std::string &path) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  OwnedDescriptor top(retried([&] { return open_path(path.c_str(), flags); }));
  if (!top.valid()) {
    if (errno == ENOENT) return Done{};
    if (errno != ENOTDIR && errno != ELOOP) return failure("open", path);
    if (unlink(path.c_str()) < 0 && errno != ENOENT) return failure("unlink", path);
    return Done{};
  }
  Status emptied = empty_directory(top.release(), path);
  if (emptied.failed()) return emptied;
  if (rmdir(path.c_str()) < 0 && errno != ENOENT) return failure("rmdir", path);
  return Done{};
}

} // namespace tsrunc
