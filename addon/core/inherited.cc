#include "inherited.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <limits>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "files.h"
#include "raw.h"

namespace tsrunc {

namespace {

// As it was before raise_file_limit; all zero where that had nothing to do.
rlimit lower_limit;

CallerState read_state() {
  CallerState state;
  rlimit limit = lower_limit;
  if (limit.rlim_max == 0) getrlimit(RLIMIT_NOFILE, &limit);
  state.nofile_soft = limit.rlim_cur;
  state.nofile_hard = limit.rlim_max;

  // "<soft> <hard> <mask> <fd>,<fd>…"
  if (const char *text = getenv("TSRUNC_CALLER")) {
    char *rest = nullptr;
    state.nofile_soft = strtoull(text, &rest, 10);
    state.nofile_hard = strtoull(rest, &rest, 10);
    state.blocked_signals = strtoull(rest, &rest, 10);
    std::vector<int> &fds = state.fds.emplace();
    while (*rest == ' ' || *rest == ',') {
      char *end = nullptr;
      long number = strtol(rest + 1, &end, 10);
      if (end == rest + 1) break;
      fds.push_back(static_cast<int>(number));
      rest = end;
    }
    return state;
  }
  raw::call(SYS_rt_sigprocmask, SIG_BLOCK, 0, raw::pointer(&state.blocked_signals), sizeof state.blocked_signals);
  return state;
}

// What came over an exec has no close-on-exec flag; everything opened since has.
std::vector<int> open_since_exec() {
  std::vector<int> fds;
  auto names = read_directory("/proc/self/fd");
  if (names.failed()) return fds;
  for (const std::string &name : names.value()) {
    int number = atoi(name.c_str());
    int flags = number > 2 ? fcntl(number, F_GETFD) : -1;
    if (flags >= 0 && !(flags & FD_CLOEXEC)) fds.push_back(number);
  }
  return fds;
}

double limit_value(uint64_t limit) {
  return limit == RLIM_INFINITY ? std::numeric_limits<double>::infinity() : static_cast<double>(limit);
}

} // namespace

const CallerState &caller_state() {
  static const CallerState state = read_state();
  return state;
}

void raise_file_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max) return;
  const rlimit raised = {limit.rlim_max, limit.rlim_max};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) lower_limit = limit;
}

Result<Inherited> inherited() {
  const CallerState &state = caller_state();
  std::vector<int> fds = state.fds ? *state.fds : open_since_exec();
  std::sort(fds.begin(), fds.end());
  return Inherited{limit_value(state.nofile_soft), limit_value(state.nofile_hard), fds};
}

} // namespace tsrunc
