#include "caught-signals.h"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include "inherited.h"
#include "raw.h"

namespace tsrunc {

namespace {

// Not signalfd: it needs the signals blocked in every thread, and Node has threads that don't.
int pipe_ends[2] = {-1, -1};
pid_t own_pid = 0;

void on_signal(int number, siginfo_t *info, void *) {
  // What our own write to a closed pipe raises is not for the container.
  if (number == SIGPIPE && info->si_pid == own_pid) return;
  const int saved = errno;
  const auto byte = static_cast<unsigned char>(number);
  // A full pipe holds thousands of signals not yet read; one more is lost, as signals may be.
  [[maybe_unused]] ssize_t count = write(pipe_ends[1], &byte, 1);
  errno = saved;
}

bool is_caught(int number) {
  switch (number) {
  case SIGKILL:
  case SIGSTOP:
  case SIGURG:
  case SIGTTIN:
  case SIGTTOU:
  case SIGSEGV:
  case SIGBUS:
  case SIGFPE:
  case SIGILL:
    return false;
  default:
    return true;
  }
}

// The 34 of kill(1), whatever the C library says.
constexpr int sigrtmin = 34;

// Gives `number` the action of `like`, as the kernel has it: handler, flags, what a handler returns to, mask.
void act_as(int like, int number) {
  uint64_t action[4];
  if (raw::call(SYS_rt_sigaction, like, 0, raw::pointer(action), sizeof(uint64_t)) == 0)
    raw::call(SYS_rt_sigaction, number, raw::pointer(action), 0, sizeof(uint64_t));
}

} // namespace

Status catch_signals() {
  if (pipe_ends[0] >= 0) return Done{};
  // The mask is the caller's now; below it changes.
  caller_state();
  if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) < 0) return failure("pipe2");
  own_pid = getpid();
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigfillset(&action.sa_mask);
  for (int number = 1; number <= SIGRTMAX; number++) {
    // The C library keeps some for itself and refuses them; musl also the one that everybody else calls SIGRTMIN.
    if (is_caught(number) && sigaction(number, &action, nullptr) < 0 && number == sigrtmin) act_as(SIGUSR1, number);
  }
  sigset_t output;
  sigemptyset(&output);
  sigaddset(&output, SIGTTOU);
  pthread_sigmask(SIG_BLOCK, &output, nullptr);
  return Done{};
}

int signal_descriptor() { return pipe_ends[0]; }

int next_signal() {
  unsigned char byte = 0;
  return pipe_ends[0] >= 0 && read(pipe_ends[0], &byte, 1) == 1 ? byte : 0;
}

} // namespace tsrunc
