#include "files.h"

#include <algorithm>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "owned-descriptor.h"
#include "read-ahead.h"

namespace tsrunc {

namespace {

Status write_all(int fd, const std::string &data, const std::string &path) {
  size_t done = 0;
  while (done < data.size()) {
    ssize_t count = retried([&] { return write(fd, data.data() + done, data.size() - done); });
    if (count < 0) return failure("write", path);
    if (count == 0) return Error{"write", EIO, path};
    done += static_cast<size_t>(count);
  }
  return Done{};
}

Status done_or(int result, const char *syscall, const std::string &path) {
  if (result < 0) return failure(syscall, path);
  return Done{};
}

// One write(2): the files of cgroupfs, procfs and sysfs take a value whole or not at all.
Status write_once(int fd, const std::string &data, const std::string &path) {
  ssize_t count = retried([&] { return write(fd, data.data(), data.size()); });
  if (count < 0) return failure("write", path);
  if (static_cast<size_t>(count) != data.size()) return Error{"write", EIO, path};
  return Done{};
}

// The same for what a reader may not read from: after a second that is EAGAIN.
Status write_in_time(int fd, const std::string &data, const std::string &path) {
  Status written = write_once(fd, data, path);
  if (!written.failed() || written.error().number != EAGAIN) return written;
  pollfd room{fd, POLLOUT, 0};
  retried([&] { return poll(&room, 1, 1000); });
  return write_once(fd, data, path);
}

} // namespace

// Of a regular file, with room for a last read that finds nothing; 0 for others, and for those that say they are larger than anything we read.
static size_t size_of(int fd) {
  struct stat status;
  constexpr off_t most = 64 << 20;
  const bool known = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size < most;
  return known ? static_cast<size_t>(status.st_size) + 4096 : 0;
}

Result<std::string> read_file(const std::string &path, double limit) {
  if (auto before = take_read_ahead(path)) {
    if (static_cast<double>(before->size()) > limit) return Error{"read", EFBIG, path};
    return std::move(*before);
  }
  OwnedDescriptor fd(retried([&] { return open_path(path.c_str(), to_be_read); }));
  if (!fd.valid()) return failure("open", path);
  std::string text;
  size_t used = 0;
  for (;;) {
    // Grown as it is read: files of procfs have no size to go by.
    if (text.size() - used < 4096) text.resize(std::max<size_t>({8192, text.size() * 2, used == 0 ? 0 : size_of(fd.get())}));
    ssize_t count = retried([&] { return read(fd.get(), text.data() + used, text.size() - used); });
    // A pipe, such as a shell's <(…), whose writer is still at work.
    if (count < 0 && errno == EAGAIN) {
      pollfd data{fd.get(), POLLIN, 0};
      if (retried([&] { return poll(&data, 1, 5000); }) > 0) continue;
      errno = EAGAIN;
    }
    if (count < 0) return failure("read", path);
    if (count == 0) break;
    used += static_cast<size_t>(count);
    if (static_cast<double>(used) > limit) return Error{"read", EFBIG, path};
  }
  text.resize(used);
  return text;
}

Result<std::optional<std::string>> read_file_if_exists(const std::string &path, double limit) {
  auto text = read_file(path, limit);
  if (!text.failed()) return std::optional<std::string>(std::move(text.value()));
  if (text.error().number == ENOENT) return std::optional<std::string>();
  return text.error();
}

Status write_existing(const std::string &path, const std::string &data) {
  OwnedDescriptor fd(retried([&] { return open_path(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC); }));
  if (!fd.valid()) return failure("open", path);
  return write_once(fd.get(), data, path);
}

Result<int> write_each(const std::string &path, const std::vector<std::string> &values) {
  OwnedDescriptor fd(retried([&] { return open_path(path.c_str(), O_WRONLY | O_CLOEXEC); }));
  int count = 0;
  if (!fd.valid()) return count;
  for (const std::string &value : values) {
    if (write_once(fd.get(), value, path).failed()) break;
    count++;
  }
  return count;
}

Status write_new(const std::string &path, const std::string &data, uint32_t mode) {
  OwnedDescriptor fd(
      retried([&] { return open_path(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode); }));
  if (!fd.valid()) return failure("open", path);
  Status written = write_all(fd.get(), data, path);
  if (written.failed()) unlink(path.c_str());
  return written;
}

Status write_atomic(const std::string &path, const std::string &data, uint32_t mode) {
  size_t slash = path.rfind('/');
  size_t name = slash == std::string::npos ? 0 : slash + 1;
  // The pid makes it ours alone; what a killed tsrunc of the same pid left is overwritten.
  std::string temporary = path.substr(0, name) + "." + path.substr(name) + "." + std::to_string(getpid());
  Status written = write_new(temporary, data, mode);
  if (written.failed() && written.error().number == EEXIST && unlink(temporary.c_str()) == 0)
    written = write_new(temporary, data, mode);
  if (written.failed()) {
    Error error = written.error();
    error.path = path;
    return error;
  }
  if (rename(temporary.c_str(), path.c_str()) < 0) {
    Error error = failure("rename", path);
    unlink(temporary.c_str());
    return error;
  }
  return Done{};
}

Status append_file(const std::string &path, const std::string &data, uint32_t mode) {
  // A FIFO stays open, since its reader would see the end of the file between two lines.
  static OwnedDescriptor fifo;
  static std::string fifo_path;
  if (fifo.valid() && path == fifo_path) return write_in_time(fifo.get(), data, path);
  // Without a reader a FIFO would make us wait; so that is ENXIO (fifo(7)). On other files the flag has no effect.
  constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_SYNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  OwnedDescriptor fd(retried([&] { return open_path(path.c_str(), flags, mode); }));
  if (!fd.valid()) return failure("open", path);
  struct stat found;
  if (data.empty() && fstat(fd.get(), &found) == 0 && S_ISFIFO(found.st_mode)) {
    fifo_path = path;
    fifo = std::move(fd);
    return Done{};
  }
  return write_in_time(fd.get(), data, path);
}

Status make_directory(const std::string &path, uint32_t mode) {
  return done_or(mkdir(path.c_str(), mode), "mkdir", path);
}

Status remove_directory(const std::string &path) { return done_or(rmdir(path.c_str()), "rmdir", path); }

Status remove_file(const std::string &path) { return done_or(unlink(path.c_str()), "unlink", path); }

Status rename_file(const std::string &from, const std::string &to) {
  return done_or(rename(from.c_str(), to.c_str()), "rename", from);
}

Status make_fifo(const std::string &path, uint32_t mode) { return done_or(mkfifo(path.c_str(), mode), "mkfifo", path); }

Result<bool> has_reader(const std::string &fifo) {
  // fifo(7): without a reader that is ENXIO.
  int fd = retried([&] { return open_path(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC); });
  if (fd < 0) {
    if (errno == ENXIO || errno == ENOENT) return false;
    return failure("open", fifo);
  }
  ::close(fd);
  return true;
}

Status make_symlink(const std::string &target, const std::string &path) {
  return done_or(symlink(target.c_str(), path.c_str()), "symlink", path);
}

Result<std::string> read_link(const std::string &path) {
  char target[4096];
  ssize_t length = readlink(path.c_str(), target, sizeof target);
  if (length < 0) return failure("readlink", path);
  return std::string(target, static_cast<size_t>(length));
}

Result<std::string> real_path(const std::string &path) {
  std::unique_ptr<char, decltype(&free)> resolved(realpath(path.c_str(), nullptr), free);
  if (!resolved) return failure("realpath", path);
  return std::string(resolved.get());
}

Result<std::vector<std::string>> read_directory(const std::string &path) {
  std::unique_ptr<DIR, int (*)(DIR *)> directory(opendir(path.c_str()), closedir);
  if (!directory) return failure("open", path);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent *entry = readdir(directory.get());
    if (!entry) break;
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  if (errno != 0) return failure("getdents", path);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::optional<FileStat>> stat_path(const std::string &path, bool follow) {
  struct stat found;
  if (fstatat(AT_FDCWD, path.c_str(), &found, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<FileStat>();
    return failure("stat", path);
  }
  return std::optional<FileStat>(file_stat(found));
}

FileStat file_stat(const struct stat &found) {
  FileStat result;
  result.dev = static_cast<double>(found.st_dev);
  result.ino = static_cast<double>(found.st_ino);
  result.mode = found.st_mode;
  result.uid = found.st_uid;
  result.gid = found.st_gid;
  result.rdev_major = major(found.st_rdev);
  result.rdev_minor = minor(found.st_rdev);
  result.size = static_cast<double>(found.st_size);
  result.links = static_cast<double>(found.st_nlink);
  return result;
}

Status change_mode(const std::string &path, uint32_t mode) { return done_or(chmod(path.c_str(), mode), "chmod", path); }

Status change_owner(const std::string &path, uint32_t uid, uint32_t gid) {
  return done_or(chown(path.c_str(), uid, gid), "chown", path);
}

Result<double> file_system_type(const std::string &path) {
  struct statfs found;
  if (retried([&] { return statfs(path.c_str(), &found); }) < 0) return failure("statfs", path);
  return static_cast<double>(static_cast<uint32_t>(found.f_type));
}

} // namespace tsrunc
