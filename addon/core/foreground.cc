#include "foreground.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caught-signals.h"
#include "descriptor.h"
#include "process.h"
#include "terminal.h"

namespace tsrunc {

namespace {

// How long the reader of a terminal's output may take no byte of what is left when the process has ended.
constexpr int reader_patience_ms = 1000;

// Bytes on their way from one side to the other; nothing is read before the last were written (backpressure).
class Channel {
public:
  bool empty() const { return start_ == end_; }

  // False at the end of what can be read.
  bool fill(int fd) {
    ssize_t count = retried([&] { return read(fd, bytes_, sizeof bytes_); });
    if (count < 0) return errno == EAGAIN;
    start_ = 0;
    end_ = static_cast<size_t>(count);
    return count > 0;
  }

  // False when nobody reads any more.
  bool drain(int fd) {
    ssize_t count = retried([&] { return write(fd, bytes_ + start_, end_ - start_); });
    if (count < 0) return errno == EAGAIN;
    start_ += static_cast<size_t>(count);
    return true;
  }

  void drop() { start_ = end_ = 0; }

private:
  // As much as a pipe that poll(2) calls writable takes at once: shared descriptors are left blocking, as O_NONBLOCK
  // would be seen by everybody who has them open.
  char bytes_[4096];
  size_t start_ = 0;
  size_t end_ = 0;
};

class Foreground {
public:
  explicit Foreground(const ForegroundOptions &options) : options_(options) {}

  Result<ForegroundResult> run() {
    if (Status caught = catch_signals(); caught.failed()) return caught.error();
    if (options_.master >= 0) {
      if (Status opened = open_terminal(); opened.failed()) return opened.error();
    }
    for (;;) {
      // A child that ended before its signal was caught is found here.
      reap_others();
      pollfd waiting[] = {
          {options_.pidfd, POLLIN, 0},
          {signal_descriptor(), POLLIN, 0},
          {options_.event, POLLIN, 0},
          // Without a terminal it is the container's: looked at, it would be ready for ever.
          {options_.master >= 0 && in_open_ && in_.empty() ? 0 : -1, POLLIN, 0},
          {options_.master, static_cast<short>((out_.empty() ? POLLIN : 0) | (in_.empty() ? 0 : POLLOUT)), 0},
          {out_.empty() ? -1 : 1, POLLOUT, 0},
      };
      // A signal that is caught makes its pipe readable.
      if (retried([&] { return poll(waiting, sizeof waiting / sizeof *waiting, -1); }) < 0) return failure("poll");
      forward_signals();
      if (options_.master >= 0) copy(waiting[3].revents, waiting[4].revents, waiting[5].revents);
      if (waiting[0].revents) return finish();
      if (waiting[2].revents) return ForegroundResult{"event", 0};
    }
  }

private:
  Status open_terminal() {
    if (Status prepared = prepare_terminal(options_.master); prepared.failed()) return prepared;
    // Nobody else has this open file: init sent it and closed its own.
    fcntl(options_.master, F_SETFL, fcntl(options_.master, F_GETFL) | O_NONBLOCK);
    // With the other end held open, the master has no hang-up while a program closes the terminal and opens it again.
    peer_.reset(ioctl(options_.master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!peer_.valid()) return failure("ioctl");
    raw_.enter(host_terminal());
    return Done{};
  }

  void forward_signals() {
    while (int number = next_signal()) {
      if (number == SIGCHLD) continue;
      if (number == SIGWINCH) {
        if (options_.master >= 0) copy_window_size(options_.master);
        continue;
      }
      // It may be gone already.
      syscall(SYS_pidfd_send_signal, options_.pidfd, number, nullptr, 0);
    }
  }

  void copy(short in_ready, short master_ready, short out_ready) {
    if (in_ready && !in_.fill(0)) in_open_ = false;
    if (master_ready & (POLLIN | POLLHUP | POLLERR) && out_.empty()) out_.fill(options_.master);
    if (master_ready & POLLOUT && !in_.empty() && !in_.drain(options_.master)) in_.drop();
    if (out_ready) write_out();
  }

  void write_out() {
    // Without a reader the container goes on, as it would with its output thrown away.
    if (!out_.drain(1)) out_.drop();
  }

  static bool reader_takes_more() {
    pollfd waiting = {1, POLLOUT, 0};
    return retried([&] { return poll(&waiting, 1, reader_patience_ms); }) > 0;
  }

  void reap_others() {
    if (!options_.reap) return;
    for (;;) {
      siginfo_t info = {};
      if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0) return;
      // The container's own process is waited for by its pidfd.
      if (info.si_pid == options_.pid) return;
      siginfo_t taken = {};
      waitid(P_PID, static_cast<id_t>(info.si_pid), &taken, WEXITED | WNOHANG);
    }
  }

  Result<ForegroundResult> finish() {
    auto status = wait_process(options_.pidfd, false);
    if (status.failed()) return status.error();
    reap_others();
    if (options_.master >= 0) {
      // What was written before the end. More than a pty holds comes from others, who may go on for ever.
      for (size_t rounds = 0; rounds < 64; rounds++) {
        while (!out_.empty()) {
          // One that has stopped reading doesn't keep the end from being told.
          if (!reader_takes_more()) return ForegroundResult{"exited", status.value().value_or(0)};
          write_out();
        }
        out_.fill(options_.master);
        if (out_.empty()) break;
      }
    }
    return ForegroundResult{"exited", status.value().value_or(0)};
  }

  const ForegroundOptions &options_;
  Descriptor peer_;
  RawMode raw_;
  Channel in_;
  Channel out_;
  bool in_open_ = true;
};

} // namespace

Result<ForegroundResult> stand_in_foreground(const ForegroundOptions &options) { return Foreground(options).run(); }

} // namespace tsrunc
