// Runs a list of commands one after the other and prints how long each took: the stopwatch of bench/bench.mjs.
// Small and static, so that what is measured is the command and not the process that measures.
//
// The list, from the file named by the first argument, one entry a line, fields separated by tabs:
//   run   LABEL ARG…    starts ARG…, waits for its end; prints LABEL, nanoseconds, status, peak resident KiB, and the microseconds of
//                       processor time (user and system) that it took, with the children that it waited for
//   do    LABEL ARG…    the same, not printed unless it fails
//   crowd LABEL N TOTAL ARG…  runs ARG… TOTAL times, N at once, with the number of the run for `%` at the end of the last one; prints
//                       the time until the last has ended, and the largest status
//   calls LABEL ARG…    traces ARG… and all that it starts until it has ended; prints the number of their system calls in the place of
//                       the nanoseconds, and the status
//   gone  LABEL FILE    waits (pidfd) until the process whose pid is in FILE has ended
// Before each `run` it sleeps a little: a write to cgroup.procs costs an RCU grace period of some 10 ms, but not the one
// that comes shortly after another. Without the pause a runtime would be measured by who ran before it.
// Standard input is /dev/null, standard output /dev/null, standard error the file named by the second argument.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr useconds_t pause_microseconds = 30000;

int errors = -1;

// Of every command.
char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
char *environment[] = {path, nullptr};

long now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

struct Outcome {
  long nanoseconds;
  int status;
  long peak;
  long cpu;
};

long microseconds(const timeval &time) { return time.tv_sec * 1000000L + time.tv_usec; }

// Starts a command; -1 when it can't be started.
pid_t spawn(std::vector<char *> args) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, errors, 2);
  args.push_back(nullptr);
  pid_t pid;
  const int failed = posix_spawn(&pid, args[0], &actions, nullptr, args.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  return failed ? -1 : pid;
}

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

Outcome run(const std::vector<char *> &args) {
  const long start = now();
  const pid_t pid = spawn(args);
  if (pid < 0) return {0, 127, 0, 0};
  int status = 0;
  rusage usage = {};
  while (wait4(pid, &status, 0, &usage) == -1 && errno == EINTR) {
  }
  const long end = now();
  return {end - start, code_of(status), usage.ru_maxrss, microseconds(usage.ru_utime) + microseconds(usage.ru_stime)};
}

Outcome crowd(int at_once, int total, std::vector<char *> args) {
  const std::string pattern = args.back();
  Outcome outcome = {};
  const long start = now();
  int living = 0;
  for (int started = 0; started < total || living > 0;) {
    if (started < total && living < at_once) {
      std::string last = pattern.substr(0, pattern.size() - 1) + std::to_string(started++);
      args.back() = last.data();
      if (spawn(args) < 0) return {0, 127, 0, 0};
      living++;
      continue;
    }
    int status = 0;
    rusage usage = {};
    if (wait4(-1, &status, 0, &usage) == -1) continue;
    living--;
    outcome.status = std::max(outcome.status, code_of(status));
    outcome.peak = std::max(outcome.peak, usage.ru_maxrss);
    outcome.cpu += microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
  }
  outcome.nanoseconds = now() - start;
  return outcome;
}

// Of a command's tracer: counts until `first`, which is stopped, has ended. What it leaves behind goes on untraced when the tracer ends.
Outcome count_calls(pid_t first) {
  constexpr int is_call = SIGTRAP | 0x80;
  constexpr long follow =
      PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
  Outcome outcome = {};
  ptrace(PTRACE_SETOPTIONS, first, 0, follow);
  ptrace(PTRACE_SYSCALL, first, 0, 0);
  for (;;) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, __WALL);
    if (pid == -1) return {0, 127, 0, 0};
    if (!WIFSTOPPED(status)) {
      if (pid != first) continue;
      outcome.status = code_of(status);
      return outcome;
    }
    const int stop = WSTOPSIG(status);
    const bool is_new = stop == SIGSTOP;
    if (stop == is_call) {
      __ptrace_syscall_info info = {};
      ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
      if (info.op == PTRACE_SYSCALL_INFO_ENTRY) outcome.nanoseconds++;
    }
    ptrace(PTRACE_SYSCALL, pid, 0, stop == is_call || is_new || stop == SIGTRAP ? 0 : stop);
  }
}

// In a process of its own, which the kernel takes all tracees from when it ends.
Outcome calls(std::vector<char *> args) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) == -1) return {0, 127, 0, 0};
  const pid_t tracer = fork();
  if (tracer == 0) {
    const pid_t first = fork();
    if (first == 0) {
      const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
      dup2(null, 0);
      dup2(null, 1);
      dup2(errors, 2);
      ptrace(PTRACE_TRACEME, 0, 0, 0);
      args.push_back(nullptr);
      execve(args[0], args.data(), environment);
      _exit(127);
    }
    int status = 0;
    waitpid(first, &status, 0);
    const Outcome outcome = count_calls(first);
    _exit(write(ends[1], &outcome, sizeof outcome) == sizeof outcome ? 0 : 1);
  }
  close(ends[1]);
  Outcome outcome = {0, 127, 0, 0};
  if (read(ends[0], &outcome, sizeof outcome) != sizeof outcome) outcome.status = 127;
  close(ends[0]);
  waitpid(tracer, nullptr, 0);
  return outcome;
}

// The process is the container's: nobody's child here, or ours by now.
void wait_gone(const char *file) {
  FILE *in = fopen(file, "r");
  long pid = 0;
  if (!in || fscanf(in, "%ld", &pid) != 1) {
    fprintf(stderr, "measure: no pid in %s\n", file);
    exit(1);
  }
  fclose(in);
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pidfd == -1) return;
  pollfd event = {pidfd, POLLIN, 0};
  poll(&event, 1, 10000);
  close(pidfd);
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  FILE *list = fopen(argv[1], "r");
  errors = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (!list || errors == -1) {
    perror("measure");
    return 2;
  }
  char *line = nullptr;
  size_t capacity = 0;
  for (ssize_t length; (length = getline(&line, &capacity, list)) > 0;) {
    line[length - 1] = 0;
    std::vector<char *> words;
    for (char *word = strtok(line, "\t"); word; word = strtok(nullptr, "\t")) words.push_back(word);
    if (words.size() < 3) continue;
    const std::string kind = words[0];
    const std::string label = words[1];
    if (kind == "gone") {
      wait_gone(words[2]);
      continue;
    }
    const bool is_crowd = kind == "crowd";
    std::vector<char *> args(words.begin() + (is_crowd ? 4 : 2), words.end());
    if (kind == "run") usleep(pause_microseconds);
    const bool is_count = kind == "calls";
    const Outcome outcome =
        is_crowd ? crowd(atoi(words[2]), atoi(words[3]), args) : is_count ? calls(args) : run(args);
    if (kind == "run" || is_crowd || is_count || outcome.status != 0)
      printf("%s\t%ld\t%d\t%ld\t%ld\n", label.c_str(), outcome.nanoseconds, outcome.status, outcome.peak, outcome.cpu);
  }
  return 0;
}
