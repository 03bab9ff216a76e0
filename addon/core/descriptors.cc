#include "descriptors.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include "clock.h"
#include "files.h"
#include "owned-descriptor.h"

namespace tsrunc {

namespace {

// src/native/flags.ts has x86-64's numbers for the four flags that differ between architectures.
int native_open_flags(uint32_t flags) {
  constexpr struct {
    uint32_t given;
    int native;
  } differing[] = {{0040000, O_DIRECT}, {0100000, 0}, {0200000, O_DIRECTORY}, {0400000, O_NOFOLLOW}};
  uint32_t same = flags;
  int native = 0;
  for (const auto &flag : differing) {
    same &= ~flag.given;
    if (flags & flag.given) native |= flag.native;
  }
  return static_cast<int>(same) | native;
}

} // namespace

Result<int> open_file(const std::string &path, uint32_t flags, uint32_t mode) {
  int fd = retried([&] { return open_path(path.c_str(), native_open_flags(flags) | O_CLOEXEC, mode); });
  if (fd < 0) return failure("open", path);
  return fd;
}

Status close_descriptor(int fd) {
  // On Linux the descriptor is gone, whatever else close(2) answers. Files whose data must not get lost are not closed here.
  if (close(fd) < 0 && errno == EBADF) return failure("close");
  return Done{};
}

Status write_all(int fd, const char *data, size_t size) {
  size_t done = 0;
  while (done < size) {
    ssize_t count = retried([&] { return write(fd, data + done, size - done); });
    if (count == 0) return Error{"write", EIO, {}};
    if (count > 0) {
      done += static_cast<size_t>(count);
      continue;
    }
    if (errno != EAGAIN) return failure("write");
    // The other end of a pipe may have made it non-blocking: then wait here.
    pollfd waiting = {fd, POLLOUT, 0};
    if (retried([&] { return poll(&waiting, 1, -1); }) < 0) return failure("poll");
  }
  return Done{};
}

Status write_descriptor(int fd, const std::string &data) { return write_all(fd, data.data(), data.size()); }

Result<std::optional<std::string>> read_descriptor(int fd, uint32_t limit) {
  std::string data(limit, '\0');
  ssize_t count = retried([&] { return read(fd, data.data(), data.size()); });
  if (count < 0) {
    if (errno == EAGAIN) return std::optional<std::string>();
    return failure("read");
  }
  data.resize(static_cast<size_t>(count));
  return std::optional<std::string>(std::move(data));
}

Result<Bytes> read_bytes(int fd, uint32_t limit) {
  Bytes bytes{std::vector<uint8_t>(limit)};
  ssize_t count = retried([&] { return read(fd, bytes.data.data(), bytes.data.size()); });
  if (count < 0) return failure("read");
  bytes.data.resize(static_cast<size_t>(count));
  return bytes;
}

Result<FileStat> stat_descriptor(int fd) {
  struct stat found;
  if (fstat(fd, &found) < 0) return failure("fstat");
  return file_stat(found);
}

Result<bool> lock_file(int fd, int operation) {
  if (retried([&] { return flock(fd, operation); }) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return failure("flock");
}

Result<std::vector<int>> poll_descriptors(const std::vector<int> &fds, const std::vector<int> &events, double timeout) {
  std::vector<pollfd> waiting;
  for (size_t i = 0; i < fds.size(); i++)
    waiting.push_back({fds[i], static_cast<short>(i < events.size() ? events[i] : 0), 0});
  const double end = milliseconds_now() + timeout;
  for (int interruptions = 0;;) {
    int milliseconds = -1;
    if (timeout >= 0) {
      double left = end - milliseconds_now();
      milliseconds = left <= 0 ? 0 : left > 1e9 ? 1000000000 : static_cast<int>(left + 0.999);
    }
    if (poll(waiting.data(), waiting.size(), milliseconds) >= 0) break;
    if (errno != EINTR || ++interruptions == most_interruptions) return failure("poll");
  }
  std::vector<int> returned;
  for (const pollfd &entry : waiting) returned.push_back(entry.revents);
  return returned;
}

Result<int> event_descriptor() {
  int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return failure("eventfd");
  return fd;
}

Result<bool> is_terminal(int fd) { return isatty(fd) == 1; }

} // namespace tsrunc
