// Runs a command and answers one system call of it in the kernel's place, or kills a process of it at one.
//
//   fault --report FILE --who ROLE[,ROLE] --timeout SECONDS [--tty] [--leaves COUNT | --children]
//         [--call NUMBER[:WHICH] --when N|N+ (--answer VALUE | --kill)] -- COMMAND...
//
// ROLE: runtime, child, init (tracees.h). WHICH: the option of prctl and its like (calls.h). N counts the calls of that kind that
// all processes of the roles make, from 1; N+ is that one and each after it. Without --call every call is written to FILE as a line
// `ROLE NUMBER WHICH PLACE`, where PLACE is the same for calls that come from the same place of the program, else a line `hit ROLE` for each that was answered. Ends with the command's status; 124 when its time was up, and
// then everything that was traced is killed. What the command leaves running goes on being watched, until its point has come
// or it executes something; where that are more processes than COUNT, each is a line `left PID NAME`. With
// --children nothing is waited for, and each is a line `child PID NAME`; a process stays that reaps them as they end. With --tty the command gets a terminal
// of its own, and what it writes there goes to standard output.
#include "calls.h"
#include "children.h"
#include "tracees.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>
#include <vector>

namespace {

struct Options {
  FILE *report = nullptr;
  bool roles[5] = {};
  int timeout = 20;
  Call call;
  long when = 1;
  bool each = false;
  bool kill = false;
  bool tty = false;
  bool children = false;
  size_t leaves = 0;
  long answer = 0;
  char **command = nullptr;
};

[[noreturn]] void die(const char *what) {
  fprintf(stderr, "fault: %s: %s\n", what, strerror(errno));
  _exit(125);
}

Options read_options(char **argv) {
  Options options;
  while (*++argv && strcmp(*argv, "--") != 0) {
    const std::string name = *argv;
    if (name == "--kill" || name == "--tty" || name == "--children") {
      (name == "--kill" ? options.kill : name == "--tty" ? options.tty : options.children) = true;
      continue;
    }
    char *value = *++argv;
    if (!value) die(name.c_str());
    char *end = nullptr;
    if (name == "--report") options.report = fopen(value, "we");
    else if (name == "--timeout") options.timeout = atoi(value);
    else if (name == "--answer") options.answer = atol(value);
    else if (name == "--leaves") options.leaves = strtoul(value, nullptr, 10);
    else if (name == "--who") {
      for (const Role role : {Role::runtime, Role::child, Role::init})
        if (strstr(value, role_name(role))) options.roles[static_cast<int>(role)] = true;
    } else if (name == "--call") {
      options.call.number = strtol(value, &end, 10);
      if (*end == ':') options.call.which = strtol(end + 1, nullptr, 10);
    } else if (name == "--when") {
      options.when = strtol(value, &end, 10);
      options.each = *end == '+';
    } else {
      die(name.c_str());
    }
  }
  if (!options.report || !*argv || !argv[1]) die("usage");
  setvbuf(options.report, nullptr, _IOLBF, 0);
  options.command = argv + 1;
  return options;
}

class Tracer {
public:
  explicit Tracer(const Options &options) : options_(options) {}

  // Watches until nothing is left to watch. Writes the command's wait status to `status` as soon as it is known.
  void watch(pid_t command, int status) {
    command_ = command;
    tracees_[command] = {Role::starting, false};
    while (!tracees_.empty()) {
      int state;
      const pid_t pid = waitpid(-1, &state, __WALL);
      if (pid < 0) break;
      if (WIFSTOPPED(state)) {
        stopped(pid, state);
        continue;
      }
      tracees_.forget(pid);
      release_orphans();
      if (pid != command_) continue;
      if (write(status, &state, sizeof state) < 0) die("write");
      close(status);
    }
  }

private:
  const Options &options_;
  Tracees tracees_;
  pid_t command_ = 0;
  long count_ = 0;

  bool tracing() const { return options_.call.number < 0; }
  bool over() const { return !tracing() && !options_.each && count_ >= options_.when; }
  bool watched(Role role) const { return options_.roles[static_cast<int>(role)]; }

  void go_on(pid_t pid, int signal = 0) {
    const Tracee &tracee = tracees_[pid];
    if (tracee.role == Role::other || (tracee.role != Role::starting && over() && !tracee.answering)) return let_go(pid, signal);
    ptrace(watched(tracee.role) ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, signal);
  }

  // Killed in its clone3, a process says no more that it has a child.
  void release_orphans() {
    std::vector<pid_t> orphans;
    for (const auto &[pid, tracee] : tracees_.all()) {
      if (!tracee.unknown) return;
      orphans.push_back(pid);
    }
    for (pid_t pid : orphans) let_go(pid, 0);
  }

  // The command itself stays a tracee, so that its end is ours to see.
  void let_go(pid_t pid, int signal) {
    if (pid == command_) {
      ptrace(PTRACE_CONT, pid, 0, signal);
      return;
    }
    ptrace(PTRACE_DETACH, pid, 0, signal);
    tracees_.forget(pid);
  }

  void stopped(pid_t pid, int state) {
    const int signal = WSTOPSIG(state);
    const int event = state >> 16;
    if (!tracees_.has(pid)) {
      // Its maker's event comes.
      tracees_[pid];
      return;
    }
    Tracee &tracee = tracees_[pid];
    switch (event) {
      case PTRACE_EVENT_FORK:
      case PTRACE_EVENT_VFORK:
      case PTRACE_EVENT_CLONE: return cloned(pid);
      case PTRACE_EVENT_EXEC:
        tracee.role = tracees_.role_of_executed(tracee.role, pid);
        tracee.stack = 0;
        return go_on(pid);
      case PTRACE_EVENT_STOP:
        // A stop of the whole process, or the first of a new one.
        if (signal == SIGTRAP) return tracee.unknown ? void() : go_on(pid);
        ptrace(PTRACE_LISTEN, pid, 0, 0);
        return;
      default: break;
    }
    if (signal == (SIGTRAP | 0x80)) return at_call(pid, tracee);
    go_on(pid, signal);
  }

  void cloned(pid_t parent) {
    unsigned long child = 0;
    ptrace(PTRACE_GETEVENTMSG, parent, 0, &child);
    const pid_t pid = static_cast<pid_t>(child);
    const bool waiting = tracees_.has(pid);
    Tracee &tracee = tracees_[pid];
    tracee.role = tracees_.role_of_child(tracees_[parent].role, pid);
    tracee.unknown = false;
    // The same stack, or another one.
    if (tracee.role == tracees_[parent].role && tracee.role == Role::init) tracee.stack = tracees_[parent].stack;
    if (waiting) go_on(pid);
    go_on(parent);
  }

  void at_call(pid_t pid, Tracee &tracee) {
    Call call;
    Place place;
    const Side side = stopped_at(pid, call, place);
    if (side == Side::exit && tracee.answering) {
      tracee.answering = false;
      set_answer(pid, options_.answer);
    }
    if (side == Side::entry && watched(tracee.role)) {
      if (tracee.stack == 0) tracee.stack = place.stack;
      if (tracing())
        fprintf(options_.report, "%s %ld %ld %lx:%ld\n", role_name(tracee.role), call.number, call.which,
                place.instruction, static_cast<long>(place.stack - tracee.stack));
      else if (call == options_.call) reached(pid, tracee);
    }
    go_on(pid);
  }

  void reached(pid_t pid, Tracee &tracee) {
    count_++;
    if (options_.each ? count_ < options_.when : count_ != options_.when) return;
    fprintf(options_.report, "hit %s\n", role_name(tracee.role));
    if (options_.kill) kill(pid, SIGKILL);
    // close(2) lets go of the descriptor, whatever it answers.
    else tracee.answering = options_.call.number == SYS_close || skip_call(pid);
  }
};

// A process of its own, so that the command's end can be told while something of it is still watched.
[[noreturn]] void trace(const Options &options, int status, int terminal) {
  int gate[2];
  if (pipe2(gate, O_CLOEXEC) < 0) die("pipe2");
  const pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid == 0) {
    char byte;
    if (terminal >= 0) login_tty(terminal);
    if (read(gate[0], &byte, 1) != 1) _exit(125);
    execv(options.command[0], options.command);
    die(options.command[0]);
  }
  constexpr long wanted = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                          PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SEIZE, pid, 0, wanted) < 0) die("ptrace");
  // Whoever reads the command's streams to their end doesn't wait for us.
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int stream = 0; stream < 3; stream++) dup2(null, stream);
  close(gate[0]);
  if (write(gate[1], "", 1) != 1) die("write");
  close(gate[1]);
  Tracer(options).watch(pid, status);
  _exit(0);
}

// The wait status of a process that has exited.
constexpr int exited(int status) { return status << 8; }

// Goes on in a child, which stays when the command has ended, and reaps what that leaves behind: others may be late. Returns where
// that is to write the status that we end with.
int leave_a_reaper() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) die("pipe2");
  const pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid == 0) {
    close(ends[0]);
    return ends[1];
  }
  close(ends[1]);
  int state = exited(125);
  if (read(ends[0], &state, sizeof state) != sizeof state) state = exited(125);
  if (WIFEXITED(state)) _exit(WEXITSTATUS(state));
  signal(WTERMSIG(state), SIG_DFL);
  raise(WTERMSIG(state));
  _exit(125);
}

// To `whom`, where that is somebody else than ourselves.
int end_as(int state, int whom) {
  if (whom >= 0) {
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int stream = 0; stream < 3; stream++) dup2(null, stream);
    if (write(whom, &state, sizeof state) < 0) die("write");
    close(whom);
    while (waitpid(-1, nullptr, 0) > 0) continue;
    _exit(0);
  }
  if (WIFEXITED(state)) return WEXITSTATUS(state);
  signal(WTERMSIG(state), SIG_DFL);
  raise(WTERMSIG(state));
  return 128 + WTERMSIG(state);
}

// What is written to the terminal, until the status comes; 1 when it came, 0 when the time was up.
int wait_for(int status, int terminal, int milliseconds) {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const long end = now.tv_sec * 1000 + now.tv_nsec / 1000000 + milliseconds;
  pollfd ends[] = {{status, POLLIN, 0}, {terminal, POLLIN, 0}};
  for (;;) {
    clock_gettime(CLOCK_MONOTONIC, &now);
    const long left = end - (now.tv_sec * 1000 + now.tv_nsec / 1000000);
    if (left <= 0) return 0;
    if (poll(ends, 2, static_cast<int>(left)) < 0 && errno != EINTR) return -1;
    if (ends[1].revents) {
      char part[4096];
      const ssize_t size = read(terminal, part, sizeof part);
      if (size > 0 && write(1, part, static_cast<size_t>(size)) == size) continue;
      // EIO: nobody has the other end open.
      ends[1].fd = -1;
    }
    if (ends[0].revents) return 1;
  }
}

} // namespace

int main(int, char **argv) {
  const Options options = read_options(argv);
  int status[2];
  int master = -1, slave = -1;
  const winsize size = {24, 80, 0, 0};
  if (pipe2(status, O_CLOEXEC) < 0) die("pipe2");
  if (options.tty && openpty(&master, &slave, nullptr, nullptr, &size) < 0) die("openpty");
  if (master >= 0) fcntl(master, F_SETFD, FD_CLOEXEC);
  const int whom = options.children ? leave_a_reaper() : -1;
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) die("prctl");
  const pid_t tracer = fork();
  if (tracer < 0) die("fork");
  if (tracer == 0) trace(options, status[1], slave);
  close(status[1]);
  if (slave >= 0) close(slave);
  const int ready = wait_for(status[0], master, options.timeout * 1000);
  int state;
  if (ready == 1 && read(status[0], &state, sizeof state) == sizeof state) {
    for (const Child &child : options.children ? children(tracer) : children_left(tracer, options.leaves))
      fprintf(options.report, "%s %d %s\n", options.children ? "child" : "left", child.pid, child.name.c_str());
    return end_as(state, whom);
  }
  // PTRACE_O_EXITKILL: what it traces goes with it.
  kill(tracer, SIGKILL);
  waitpid(tracer, nullptr, 0);
  return end_as(exited(ready == 0 ? 124 : 125), whom);
}
