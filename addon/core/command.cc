#include "command.h"

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "child-start.h"
#include "clock.h"
#include "clone.h"
#include "owned-descriptor.h"
#include "raw.h"

namespace tsrunc {

namespace {

struct Start {
  int fds[3];
  const char *path;
  const char *const *args;
  const char *const *env;
  const char *cwd;
  FileLimit limit;
  StartFailure failure;
};

int run_start(void *argument) {
  Start &start = *static_cast<Start *>(argument);
  long result = reset_signals_raw();
  if (result < 0) return start.failure.note("rt_sigaction", result);
  // A group of its own, so that a timeout reaches what it started too.
  result = raw::call(SYS_setpgid, 0, 0);
  if (result < 0) return start.failure.note("setpgid", result);
  const int targets[3] = {0, 1, 2};
  int staged[3];
  if (!arrange_descriptors_raw(start.failure, start.fds, targets, staged, 3)) return 127;
  result = raw::call(SYS_prlimit64, 0, RLIMIT_NOFILE, raw::pointer(&start.limit));
  if (result < 0) return start.failure.note("prlimit64", result);
  if (*start.cwd) {
    result = raw::call(SYS_chdir, raw::pointer(start.cwd));
    if (result < 0) return start.failure.note("chdir", result);
  }
  result =
      raw::call(SYS_execve, raw::pointer(start.path), raw::pointer(start.args), raw::pointer(start.env));
  return start.failure.note("execve", result);
}

struct Pipe {
  OwnedDescriptor read;
  OwnedDescriptor write;
};

bool open_pipe(Pipe &pipe) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return false;
  pipe.read.reset(ends[0]);
  pipe.write.reset(ends[1]);
  return true;
}

void make_nonblocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

// Takes what is there; closes at the end of file. Keeps the last `limit` bytes.
void collect(OwnedDescriptor &fd, std::string &text, size_t limit) {
  char chunk[16 << 10];
  for (;;) {
    ssize_t count = retried([&] { return read(fd.get(), chunk, sizeof chunk); });
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      fd.reset();
      return;
    }
    text.append(chunk, static_cast<size_t>(count));
    if (text.size() > 2 * limit + sizeof chunk) text.erase(0, text.size() - limit);
  }
}

class Run {
public:
  Run(Child child, OwnedDescriptor in, OwnedDescriptor out, OwnedDescriptor err, const std::string &input, size_t limit)
      : child_(child), in_(std::move(in)), out_(std::move(out)), err_(std::move(err)), input_(input), limit_(limit) {}

  Result<CommandResult> finish(double timeout) {
    const double end = milliseconds_now() + timeout;
    int interruptions = 0;
    for (bool ended = false; !ended;) {
      feed();
      int wait = -1;
      if (timeout > 0 && !result_.timed_out) {
        const double left = end - milliseconds_now();
        if (left <= 0) {
          kill();
          continue;
        }
        wait = left > 1e9 ? 1000000000 : static_cast<int>(left) + 1;
      }
      pollfd waiting[] = {
          {child_.pidfd, POLLIN, 0}, {out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}, {in_.get(), POLLOUT, 0}};
      if (poll(waiting, 4, wait) < 0 && (errno != EINTR || ++interruptions == most_interruptions)) {
        Error error = failure("poll");
        kill();
        reap(child_);
        return error;
      }
      if (waiting[1].revents) collect(out_, result_.out, limit_);
      if (waiting[2].revents) collect(err_, result_.err, limit_);
      ended = waiting[0].revents != 0;
    }
    siginfo_t info = {};
    retried([&] { return waitid(P_PID, static_cast<id_t>(child_.pid), &info, WEXITED); });
    close(child_.pidfd);
    // What it wrote before its end is in the pipes by now; others may hold them open, which is not waited for.
    if (out_.valid()) collect(out_, result_.out, limit_);
    if (err_.valid()) collect(err_, result_.err, limit_);
    for (std::string *text : {&result_.out, &result_.err})
      if (text->size() > limit_) text->erase(0, text->size() - limit_);
    result_.status = info.si_code == CLD_EXITED ? info.si_status : -1;
    result_.signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
    return std::move(result_);
  }

private:
  void feed() {
    if (!in_.valid()) return;
    while (fed_ < input_.size()) {
      ssize_t count = retried([&] { return write(in_.get(), input_.data() + fed_, input_.size() - fed_); });
      if (count < 0 && errno == EAGAIN) return;
      if (count < 0) break;
      fed_ += static_cast<size_t>(count);
    }
    in_.reset();
  }

  void kill() {
    result_.timed_out = true;
    // Not reaped yet, so the pid and its group are its own still.
    ::kill(-child_.pid, SIGKILL);
    ::kill(child_.pid, SIGKILL);
  }

  Child child_;
  OwnedDescriptor in_;
  OwnedDescriptor out_;
  OwnedDescriptor err_;
  const std::string &input_;
  size_t fed_ = 0;
  size_t limit_;
  CommandResult result_;
};

} // namespace

Result<CommandResult> run_command(const std::string &path, const std::vector<std::string> &args,
                                  const std::vector<std::string> &env, const std::string &cwd,
                                  const std::string &input, double timeout, double output_limit) {
  return run_command_to(path, args, env, cwd, input, timeout, output_limit, {});
}

Result<CommandResult> run_command_to(const std::string &path, const std::vector<std::string> &args,
                                     const std::vector<std::string> &env, const std::string &cwd,
                                     const std::string &input, double timeout, double output_limit,
                                     const std::vector<int> &output) {
  Pipe in;
  Pipe out;
  Pipe err;
  if (!open_pipe(in) || !open_pipe(out) || !open_pipe(err)) return failure("pipe2");
  const std::vector<const char *> arg_list = pointers(args);
  const std::vector<const char *> env_list = pointers(env);
  Start start = {};
  start.fds[0] = in.read.get();
  start.fds[1] = out.write.get();
  start.fds[2] = err.write.get();
  for (size_t i = 0; i < 2 && i < output.size(); i++)
    if (output[i] >= 0) start.fds[1 + i] = output[i];
  start.path = path.c_str();
  start.args = arg_list.data();
  start.env = env_list.data();
  start.cwd = cwd.c_str();
  start.limit = caller_file_limit();

  auto child = clone_child(0, -1, run_start, &start);
  if (child.failed()) return child.error();
  const auto [failed, number] = start.failure;
  if (failed) {
    reap(child.value());
    return Error{failed, number, failed == std::string("chdir") ? cwd : path};
  }
  out.write.reset();
  err.write.reset();
  for (int fd : {in.write.get(), out.read.get(), err.read.get()}) make_nonblocking(fd);
  // Our own reading end of its stdin stays open (in.read), so a program that doesn't read costs no SIGPIPE.
  Run run(child.value(), std::move(in.write), std::move(out.read), std::move(err.read), input,
          static_cast<size_t>(output_limit));
  return run.finish(timeout);
}

} // namespace tsrunc
