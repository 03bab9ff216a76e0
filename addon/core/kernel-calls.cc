#include "kernel-calls.h"

#include <climits>
#include <cstdint>
#include <sys/syscall.h>
#include <unistd.h>

namespace tsrunc {

namespace {

// A flag that no call has, so that each is refused: EINVAL where the call exists (EPERM where the caller has no right to it, which
// some check first), ENOSYS where it doesn't.
constexpr long no_flags = 0x40000000;

constexpr uint64_t clone_into_cgroup = 0x200000000;

// As struct clone_args of Linux 5.7, which the headers at hand may not have yet.
struct CloneArguments {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

struct Probe {
  const char *name;
  long number;
  long arguments[6];
};

// From pidfd_send_signal on all architectures have the same numbers; the headers at hand may lack the last ones.
constexpr Probe probes[] = {
    {"pidfd_send_signal", 424, {-1, 0, 0, no_flags}},
    {"open_tree", 428, {-1, 0, no_flags}},
    {"move_mount", 429, {-1, 0, -1, 0, no_flags}},
    {"fsopen", 430, {0, no_flags}},
    {"fsconfig", 431, {-1, no_flags, 0, 0, 0}},
    {"fsmount", 432, {-1, no_flags, 0}},
    {"fspick", 433, {-1, 0, no_flags}},
    {"pidfd_open", 434, {0, no_flags}},
    {"clone3", 435, {0, 0}},
    {"close_range", 436, {1, 0, 0}},
    {"openat2", 437, {-1, 0, 0, 0}},
    {"pidfd_getfd", 438, {-1, -1, no_flags}},
    {"faccessat2", 439, {-1, 0, 0, no_flags}},
    {"mount_setattr", 442, {-1, 0, no_flags, 0, 0}},
    {"fchmodat2", 452, {-1, 0, 0, no_flags}},
    {"memfd_create", SYS_memfd_create, {0, no_flags}},
    {"seccomp", SYS_seccomp, {no_flags, 0, 0}},
    {"bpf", SYS_bpf, {no_flags, 0, 0}},
    {"keyctl", SYS_keyctl, {no_flags, 0, 0, 0, 0}},
};

std::string answer(const char *name, long result) {
  return std::string(name) + ' ' + std::to_string(result < 0 ? errno : 0);
}

} // namespace

Result<std::vector<std::string>> kernel_calls() {
  std::vector<std::string> found;
  for (const Probe &probe : probes) {
    const long *a = probe.arguments;
    found.push_back(answer(probe.name, syscall(probe.number, a[0], a[1], a[2], a[3], a[4], a[5])));
  }
  // A kernel that knows the flag looks for the cgroup, of which there is none: EBADF. Another one refuses the flag: EINVAL.
  CloneArguments into = {};
  into.flags = clone_into_cgroup;
  into.cgroup = INT_MAX;
  found.push_back(answer("CLONE_INTO_CGROUP", syscall(435, &into, sizeof into)));
  return found;
}

} // namespace tsrunc
