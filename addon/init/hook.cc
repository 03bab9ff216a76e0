#include "descriptors.h"
#include "seccomp.h"
#include "socket.h"
#include "steps.h"
#include "vector.h"

#include <linux/close_range.h>
#include <linux/memfd.h>
#include <linux/poll.h>
#include <linux/time_types.h>

namespace {

constexpr int sigkill = 9, sigchld = 17, p_pidfd = 3, wexited = 4, cld_exited = 1;
constexpr u32 nonblock = 04000;

// Values of `state`.
constexpr u32 before_root = 0, last_state = 1;

// The part of siginfo_t that waitid fills.
struct ChildStatus {
  i32 signal, error, code, padding, pid;
  u32 uid;
  i32 status;
  char rest[100];
};

// The end of what a hook wrote.
struct Tail {
  char data[2048];
  u32 size = 0;

  // count: no more than fits at once.
  void add(const char *from, u32 count) {
    if (count > sizeof data - size) {
      const u32 drop = count - (static_cast<u32>(sizeof data) - size);
      memmove(data, data + drop, size - drop);
      size -= drop;
    }
    memcpy(data + size, from, count);
    size += count;
  }
};

// A negative errno where a filter forbids to ask.
long now_in_ms() {
  __kernel_timespec time = {};
  constexpr int clock_monotonic = 1;
  const long result = sys::invoke(__NR_clock_gettime, clock_monotonic, &time);
  return result < 0 ? result : static_cast<long>(time.tv_sec * 1000 + time.tv_nsec / 1000000);
}

// Where a filter forbids memfd_create: a pipe, which holds a state of 64 KiB. False for one that doesn't fit.
bool pipe_state(Bytes state, Descriptor &file) {
  int pipe[2];
  if (sys::pipe2(pipe, O_CLOEXEC) < 0) return false;
  file = Descriptor(pipe[0]);
  const Descriptor end(pipe[1]);
  // The hook's own end blocks, until it has read all.
  return sys::invoke(__NR_fcntl, end.get(), F_SETFL, O_WRONLY | nonblock) == 0 &&
         sys::write(end.get(), state.data, state.size) == static_cast<long>(state.size);
}

// Standard input of the hook: a file, so that a hook that doesn't read it costs nothing.
int open_state(Context &context, Bytes state, Descriptor &file) {
  file = Descriptor(sys::memfd_create("state", MFD_CLOEXEC));
  if (!file.open()) {
    const long error = file.error();
    return context.sealed && pipe_state(state, file) ? 0 : context.fail("memfd_create", error);
  }
  for (u32 sent = 0; sent < state.size;) {
    const long result = sys::write(file.get(), state.data + sent, state.size - sent);
    if (result <= 0) return context.fail("write", result < 0 ? result : -EIO, no_path, "state of the container");
    sent += static_cast<u32>(result);
  }
  const long result = sys::lseek(file.get(), 0, 0);
  return result < 0 ? context.fail("lseek", result) : 0;
}

struct Program {
  const char *path;
  const char *const *args;
  const char *const *env;
};

// What a hook's process says before its end when it can't execute.
struct Failure {
  i32 error;
  // An index of failed_calls.
  u32 call;
};

constexpr const char *failed_calls[] = {"execve", "seccomp", "dup3"};
constexpr u32 executing = 0, filtering = 1, preparing = 2;

// The bundle's root file system before the root is changed, as with runc; later the process's directory, where init is already.
long enter_directory(Context &context, const step::Hook &step) {
  if (step.state != before_root) return 0;
  if (context.root_detached) return sys::chdir(context.root_path.data);
  return sys::fchdir(context.root);
}

// In the child. Does not return; what fails goes down `failed`.
[[noreturn]] void become_hook(Context &context, const step::Hook &step, const Program &program, int in, int out,
                              int err, int failed) {
  Failure failure{0, preparing};
  long result = context.umask_given ? 0 : sys::umask(context.inherited_umask);
  if (result >= 0) result = enter_directory(context, step);
  if (result >= 0) result = sys::dup3(in, 0, 0);
  if (result >= 0) result = sys::dup3(out, 1, 0);
  if (result >= 0) result = sys::dup3(err, 2, 0);
  if (result >= 0) result = sys::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
  // Later the limit is that of the process; and a filter may forbid the call.
  if (result >= 0 && !context.sealed) result = give_file_limit(context);
  if (result >= 0 && step.filtered) {
    failure.call = filtering;
    result = load_filter(context.filter);
  }
  if (result >= 0) {
    failure.call = executing;
    result = sys::execve(program.path, program.args, program.env);
  }
  failure.error = static_cast<i32>(result);
  sys::write(failed, &failure, sizeof failure);
  sys::exit(127);
}

enum class Outcome { ended, timed_out, failed };

// Collects output until the hook has ended. `call` and `error` say what failed.
Outcome collect(Tail &tail, int out, int pidfd, u32 timeout, const char *&call, long &error) {
  const auto failed = [&](const char *which, long result) {
    call = which;
    error = result;
    return Outcome::failed;
  };
  const long begin = timeout == 0 ? 0 : now_in_ms();
  if (begin < 0) return failed("clock_gettime", begin);
  bool writes = true;
  for (;;) {
    pollfd ends[] = {{pidfd, POLLIN, 0}, {writes ? out : -1, POLLIN, 0}};
    __kernel_timespec left{};
    if (timeout != 0) {
      const long now = now_in_ms();
      if (now < 0) return failed("clock_gettime", now);
      const long ms = begin + timeout - now;
      if (ms <= 0) return Outcome::timed_out;
      left.tv_sec = ms / 1000;
      left.tv_nsec = ms % 1000 * 1000000;
    }
    const long polled = sys::retried(
        -EINTR, [&] { return sys::invoke(__NR_ppoll, ends, 2, timeout == 0 ? nullptr : &left, nullptr, 0); });
    if (polled == 0 && timeout != 0) return Outcome::timed_out;
    if (polled <= 0) return failed("ppoll", polled < 0 ? polled : -EIO);
    if (ends[1].revents != 0) {
      char bytes[1024];
      const long size = sys::read(out, bytes, sizeof bytes);
      if (size > 0) tail.add(bytes, static_cast<u32>(size));
      else if (size != -EAGAIN) writes = false;
      if (size > 0) continue;
    }
    // What it left running may hold the pipe for ever.
    if (ends[0].revents != 0) return Outcome::ended;
  }
}

} // namespace

int run(Context &context, const step::Hook &step) {
  if (step.state > last_state || context.states[step.state].size == 0)
    return context.fail(no_call, -EPROTO, step.path, "no state came for the hook");
  Descriptor in;
  if (open_state(context, context.states[step.state], in) != 0) return -1;
  int pipe[2];
  if (const long result = sys::pipe2(pipe, O_CLOEXEC | nonblock); result < 0) return context.fail("pipe2", result);
  Descriptor out(pipe[0]), out_end(pipe[1]);
  if (const long result = sys::pipe2(pipe, O_CLOEXEC); result < 0) return context.fail("pipe2", result);
  Descriptor failed(pipe[0]), failed_end(pipe[1]);
  // The hook's own end blocks.
  if (const long result = sys::invoke(__NR_fcntl, out_end.get(), F_SETFL, O_WRONLY); result < 0)
    return context.fail("fcntl", result);

  const char *const none[] = {step.path.data, nullptr};
  const Program program{step.path.data, step.args.count > 0 ? vector(allocate(vector_size(step.args)), step.args) : none,
                        vector(allocate(vector_size(step.env)), step.env, step.home ? context.home : nullptr)};

  // clone and not clone3, which seccomp filters like to forbid.
  int pidfd = -1;
  constexpr u64 clone_pidfd = 0x1000;
  const long self = sys::invoke(__NR_getpid);
  const long pid = sys::invoke(__NR_clone, clone_pidfd | sigchld, 0, &pidfd, 0, 0);
  if (pid < 0) return context.fail("clone", pid, step.path);
  if (pid == 0) {
    // Not by a filter that answers 0 in place of the kernel: the hook must not run as the container's process.
    if (sys::invoke(__NR_getpid) == self) return context.fail("clone", -EIO, step.path);
    const int to = step.out == step::no_slot ? out_end.get() : context.slot(step.out);
    const int errors_to = step.err == step::no_slot ? out_end.get() : context.slot(step.err);
    become_hook(context, step, program, in.get(), to, errors_to, failed_end.get());
  }
  const Descriptor child(pidfd);
  out_end.reset(-1);
  failed_end.reset(-1);

  Failure failure{};
  const bool executed = sys::read(failed.get(), &failure, sizeof failure) != sizeof failure;
  Tail tail;
  const char *call = "";
  long error = 0;
  const Outcome outcome = executed ? collect(tail, out.get(), pidfd, step.timeout, call, error) : Outcome::ended;
  if (outcome != Outcome::ended) {
    long killed = sys::invoke(__NR_pidfd_send_signal, pidfd, sigkill, nullptr, 0);
    if (killed < 0) killed = sys::invoke(__NR_kill, pid, sigkill);
    // Not waited for then: it may run for ever.
    if (killed < 0) return context.fail("pidfd_send_signal", killed, step.path);
  }
  ChildStatus status{};
  const long waited =
      sys::retried(-EINTR, [&] { return sys::invoke(__NR_waitid, p_pidfd, pidfd, &status, wexited, nullptr); });
  if (waited < 0) return context.fail("waitid", waited, step.path);
  if (!executed) return context.fail(failed_calls[failure.call], failure.error, step.path);
  if (outcome == Outcome::failed) return context.fail(call, error, step.path);
  const bool ended = outcome == Outcome::ended;
  if (ended && status.code == cld_exited && status.status == 0) return 0;

  context.failure_kind = message::hook_failed;
  context.failure_value = !ended ? -1 : status.code == cld_exited ? status.status : 128 + status.status;
  context.failure_text.clear();
  context.failure_text.add(Str{tail.data, tail.size});
  return -1;
}
