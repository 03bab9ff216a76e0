#include "spawn-init.h"

#include <cstring>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "clone.h"
#include "descriptor.h"
#include "inherited.h"
#include "init-image.h"
#include "raw.h"

namespace tsrunc {

namespace {

// What the child needs, made ready before; in shared memory, so that its error comes back even from a child that was
// given a copy of our memory (clone.cc).
struct Start {
  int image;
  int count;
  int end; // the first number init doesn't use
  FileLimit limit;
  uint64_t blocked_signals;
  const char *argv[5];
  char numbers[3][12];
  const char *environment[1];
  const char *failed;
  int error;
  int *sources;
  int *targets;
  int *staged;
};

int fail_start(Start &start, const char *syscall, long result) {
  start.failed = syscall;
  start.error = static_cast<int>(-result);
  return 127;
}

int run_start(void *argument) {
  Start &start = *static_cast<Start *>(argument);
  reset_signals_raw(start.blocked_signals);
  // The executable first: the places of the others may be its number.
  const long image = raw::call(SYS_fcntl, start.image, F_DUPFD_CLOEXEC, start.end);
  if (image < 0) return fail_start(start, "fcntl", image);
  const int placed = place_descriptors_raw(start.sources, start.targets, start.staged, start.count);
  if (placed < 0) return fail_start(start, "dup3", placed);
  const long swept = raw::call(SYS_close_range, start.end, ~0U, CLOSE_RANGE_CLOEXEC);
  if (swept < 0) return fail_start(start, "close_range", swept);
  // Last, as the numbers above may be over the caller's limit. EPERM (no CAP_SYS_RESOURCE, hard limit above ours) can't
  // be: the launcher's process had these.
  const long limited = raw::call(SYS_prlimit64, 0, RLIMIT_NOFILE, raw::pointer(&start.limit));
  if (limited < 0) return fail_start(start, "prlimit", limited);
  const long result = raw::call(SYS_execveat, image, raw::pointer(""), raw::pointer(start.argv),
                                raw::pointer(start.environment), AT_EMPTY_PATH);
  return fail_start(start, "execveat", result);
}

void number_text(char *out, size_t size, int number) { snprintf(out, size, "%d", number); }

} // namespace

// Init's argv is: its name, the number of the socket, the number of slot 0, how many slots.
Result<SpawnedInit> spawn_init(uint32_t clone_flags, int cgroup, const std::vector<int> &stdio, int preserve,
                               const std::vector<int> &slots) {
  auto image = open_init_image();
  if (image.failed()) return image.error();
  Descriptor image_fd(image.value());
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return failure("socketpair");
  Descriptor ours(pair[0]);
  Descriptor theirs(pair[1]);

  const int count = 3 + preserve + 1 + static_cast<int>(slots.size());
  const size_t size = sizeof(Start) + 3 * sizeof(int) * static_cast<size_t>(count);
  void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return failure("mmap");
  Start &start = *static_cast<Start *>(memory);
  start.sources = reinterpret_cast<int *>(&start + 1);
  start.targets = start.sources + count;
  start.staged = start.targets + count;
  for (int i = 0; i < count; i++) {
    start.targets[i] = i;
    const size_t slot = static_cast<size_t>(i - 4 - preserve);
    start.sources[i] = i < 3              ? (static_cast<size_t>(i) < stdio.size() ? stdio[static_cast<size_t>(i)] : -1)
                       : i < 3 + preserve ? i
                       : i == 3 + preserve ? theirs.get()
                                           : slots[slot];
  }
  start.image = image_fd.get();
  start.count = count;
  start.end = count;
  start.limit = caller_file_limit();
  // As runc does; addon/launcher has the measurement.
  start.blocked_signals = caller_state().blocked_signals;
  start.argv[0] = "tsrunc:[INIT]";
  const int numbers[3] = {3 + preserve, 4 + preserve, static_cast<int>(slots.size())};
  for (int i = 0; i < 3; i++) {
    number_text(start.numbers[i], sizeof start.numbers[i], numbers[i]);
    start.argv[i + 1] = start.numbers[i];
  }

  auto child = clone_child(clone_flags, cgroup, run_start, &start);
  const char *failed = start.failed;
  const int error = start.error;
  munmap(memory, size);
  if (child.failed()) return child.error();
  if (failed) {
    reap(child.value());
    return Error{failed, error, {}};
  }
  return SpawnedInit{child.value().pid, child.value().pidfd, ours.release()};
}

Status send_bytes(int socket, const ByteSpan &data) {
  for (size_t done = 0; done < data.size;) {
    ssize_t count = retried([&] { return send(socket, data.data + done, data.size - done, MSG_NOSIGNAL); });
    if (count < 0) return failure("send");
    done += static_cast<size_t>(count);
  }
  return Done{};
}

Status send_text(int socket, const std::string &data) {
  // It comes as UTF-8: the characters from U+0080 to U+00FF are two bytes.
  std::vector<uint8_t> bytes;
  bytes.reserve(data.size());
  for (size_t i = 0; i < data.size(); i++) {
    uint8_t byte = static_cast<uint8_t>(data[i]);
    if (byte >= 0x80 && i + 1 < data.size())
      byte = static_cast<uint8_t>(byte << 6 | (static_cast<uint8_t>(data[++i]) & 0x3f));
    bytes.push_back(byte);
  }
  return send_bytes(socket, ByteSpan{bytes.data(), bytes.size()});
}

} // namespace tsrunc
