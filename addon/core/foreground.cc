#include "foreground.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caught-signals.h"
#include "owned-descriptor.h"
#include "process.h"
#include "terminal.h"

namespace tsrunc {

namespace {

// How long the reader of a terminal's output may take no byte of what is left when the process has ended.
constexpr int reader_patience_ms = 1000;

// How long to leave a descriptor alone that poll(2) calls writable and that takes nothing: a terminal with room for one byte takes no
// newline, which is two.
constexpr int full_terminal_pause_ms = 10;

// Standard input or output with O_NONBLOCK. What poll(2) calls ready may block all the same: a terminal takes one byte and not all of
// them, another process reads first. The flag belongs to the open file, which others have open too, so a terminal or a pipe is opened
// once more. Otherwise (a file; a socket; a terminal of another user) it is the descriptor itself, and blocks.
class OwnSide {
public:
  explicit OwnSide(int fd) : shared_(fd) {}

  void open(int access) {
    struct stat status;
    if (fstat(shared_, &status) < 0 || !(S_ISFIFO(status.st_mode) || isatty(shared_))) return;
    const std::string path = "/proc/self/fd/" + std::to_string(shared_);
    own_.reset(open_path(path.c_str(), access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  }

  int get() const { return own_.valid() ? own_.get() : shared_; }

private:
  int shared_;
  OwnedDescriptor own_;
};

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

  // False when `fd` has no room. When nobody reads any more, the bytes are thrown away: the container goes on.
  bool drain(int fd) {
    ssize_t count = retried([&] { return write(fd, bytes_ + start_, end_ - start_); });
    if (count >= 0) {
      start_ += static_cast<size_t>(count);
    } else {
      if (errno == EAGAIN) return false;
      start_ = end_ = 0;
    }
    return true;
  }

private:
  // As much as a pipe that poll(2) calls writable takes at once.
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
          {options_.master >= 0 && in_open_ && in_.empty() ? standard_input_.get() : -1, POLLIN, 0},
          {options_.master, static_cast<short>((out_.empty() ? POLLIN : 0) | (in_.empty() ? 0 : POLLOUT)), 0},
          {out_.empty() || out_full_ ? -1 : standard_output_.get(), POLLOUT, 0},
      };
      // A signal that is caught makes its pipe readable.
      const int timeout = out_full_ ? full_terminal_pause_ms : -1;
      if (retried([&] { return poll(waiting, sizeof waiting / sizeof *waiting, timeout); }) < 0) return failure("poll");
      out_full_ = false;
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
    standard_input_.open(O_RDONLY);
    standard_output_.open(O_WRONLY);
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
    if (in_ready && !in_.fill(standard_input_.get())) in_open_ = false;
    if (master_ready & (POLLIN | POLLHUP | POLLERR) && out_.empty()) out_.fill(options_.master);
    if (master_ready & POLLOUT && !in_.empty()) in_.drain(options_.master);
    if (out_ready) out_full_ = !out_.drain(standard_output_.get());
  }

  // Whether the reader takes some of what is left, or doesn't read any more at all.
  bool reader_takes_more() {
    for (int waited = 0; waited < reader_patience_ms; waited += full_terminal_pause_ms) {
      pollfd waiting = {standard_output_.get(), POLLOUT, 0};
      if (retried([&] { return poll(&waiting, 1, reader_patience_ms - waited); }) <= 0) return false;
      if (out_.drain(standard_output_.get())) return true;
      poll(nullptr, 0, full_terminal_pause_ms);
    }
    return false;
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
        }
        out_.fill(options_.master);
        if (out_.empty()) break;
      }
    }
    return ForegroundResult{"exited", status.value().value_or(0)};
  }

  const ForegroundOptions &options_;
  OwnSide standard_input_{STDIN_FILENO};
  OwnSide standard_output_{STDOUT_FILENO};
  OwnedDescriptor peer_;
  RawMode raw_;
  Channel in_;
  Channel out_;
  bool in_open_ = true;
  // poll(2) called standard output writable, and it took nothing.
  bool out_full_ = false;
};

} // namespace

Result<ForegroundResult> stand_in_foreground(const ForegroundOptions &options) {
  // This may take as long as the container lives: nobody needs what the allocator keeps for the next text.
  malloc_trim(0);
  return Foreground(options).run();
}

} // namespace tsrunc
