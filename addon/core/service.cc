#include "service.h"

#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child-start.h"
#include "clone.h"
#include "owned-descriptor.h"
#include "raw.h"

namespace tsrunc {

namespace {

// In shared memory, so that the child's error comes back even where it got a copy of ours (clone.cc).
struct Start {
  const char *path;
  const char *const *args;
  const char *const *env;
  const char *bind_source;
  const char *bind_target;
  int count;
  FileLimit limit;
  StartFailure failure;
  int *sources;
  int *targets;
  int *staged;
};

int run_start(void *argument) {
  Start &start = *static_cast<Start *>(argument);
  long result = reset_signals_raw();
  if (result < 0) return start.failure.note("rt_sigaction", result);
  if (*start.bind_target) {
    // What is mounted here stays here; what the host mounts and unmounts meanwhile is seen.
    const long slave = raw::call(SYS_mount, 0, raw::pointer("/"), 0, MS_REC | MS_SLAVE, 0);
    if (slave < 0) return start.failure.note("mount", slave);
    const long bound =
        raw::call(SYS_mount, raw::pointer(start.bind_source), raw::pointer(start.bind_target), 0, MS_BIND | MS_REC, 0);
    if (bound < 0) return start.failure.note("mount", bound);
  }
  if (!arrange_descriptors_raw(start.failure, start.sources, start.targets, start.staged, start.count)) return 127;
  result = raw::call(SYS_prlimit64, 0, RLIMIT_NOFILE, raw::pointer(&start.limit));
  if (result < 0) return start.failure.note("prlimit64", result);
  result = raw::call(SYS_execve, raw::pointer(start.path), raw::pointer(start.args), raw::pointer(start.env));
  return start.failure.note("execve", result);
}

constexpr int socket_number = 3;

} // namespace

Result<SpawnedInit> spawn_service(const ServiceStart &options) {
  int pair[2];
  // Packets: one is one message of the protocol.
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return failure("socketpair");
  OwnedDescriptor ours(pair[0]);
  OwnedDescriptor theirs(pair[1]);

  const int count = static_cast<int>(options.fds.size()) + 1;
  const size_t size = sizeof(Start) + 3 * sizeof(int) * static_cast<size_t>(count);
  void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) return failure("mmap");
  Start &start = *static_cast<Start *>(memory);
  start.sources = reinterpret_cast<int *>(&start + 1);
  start.targets = start.sources + count;
  start.staged = start.targets + count;
  for (int i = 0; i < count; i++) {
    start.targets[i] = i;
    start.sources[i] = i < socket_number    ? options.fds[static_cast<size_t>(i)]
                       : i == socket_number ? theirs.get()
                                            : options.fds[static_cast<size_t>(i - 1)];
  }
  const std::vector<const char *> args = pointers(options.args);
  const std::vector<const char *> env = pointers(options.env);
  start.path = options.path.c_str();
  start.args = args.data();
  start.env = env.data();
  start.bind_source = options.bind_source.c_str();
  start.bind_target = options.bind_target.c_str();
  start.count = count;
  start.limit = caller_file_limit();

  auto child = clone_child(options.bind_target.empty() ? 0 : CLONE_NEWNS, options.cgroup, run_start, &start);
  const auto [failed, number] = start.failure;
  munmap(memory, size);
  if (child.failed()) return child.error();
  if (failed) {
    reap(child.value());
    return Error{failed, number, strcmp(failed, "mount") == 0 ? options.bind_target : options.path};
  }
  return SpawnedInit{child.value().pid, child.value().pidfd, ours.release()};
}

} // namespace tsrunc
