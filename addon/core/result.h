// How a function of the core succeeds or fails: no exceptions, no errno left for the caller to read.
#pragma once

#include <cerrno>
#include <string>
#include <utility>

namespace tsrunc {

// A failed system call; becomes a TsruncError of code 'system'.
struct Error {
  const char *syscall = "";
  int number = 0;
  // A path and nothing else.
  std::string path;
  // What it was about where that is no path, in words: an interface, a pattern.
  std::string remark = {};
};

// The failure of `syscall` as errno tells it, about `path` where it was about one.
inline Error failure(const char *syscall, std::string path = {}) { return Error{syscall, errno, std::move(path)}; }

// The same about what is no path.
inline Error failure_about(const char *syscall, std::string remark) {
  return Error{syscall, errno, {}, std::move(remark)};
}

template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : value_(std::move(value)) {}
  Result(Error error) : error_(std::move(error)), failed_(true) {}

  bool failed() const { return failed_; }
  T &value() { return value_; }
  const Error &error() const { return error_; }

private:
  T value_{};
  Error error_;
  bool failed_ = false;
};

struct Done {};
using Status = Result<Done>;

// No signal interrupts that often in a row. A seccomp filter or a tracer may answer so for ever, and then EINTR is an error like another.
constexpr int most_interruptions = 1 << 16;

// Calls again while a signal interrupts.
template <typename Call> auto retried(Call call) {
  decltype(call()) result;
  int interruptions = 0;
  do {
    result = call();
  } while (result == -1 && errno == EINTR && ++interruptions < most_interruptions);
  return result;
}

} // namespace tsrunc
