// Runs a command and tells which pieces of its program it came by, of those that are asked about: each full of breakpoints, since a piece need
// not be entered at its beginning; taken away when one is hit. Processes that it forks count, up to what they execute. For a static
// program of x86-64 that isn't position-independent.
//
// usage: executed-functions PLACES FOUND COMMAND [ARG...]
//   PLACES  a file with a line for each piece: its address and its size, in hexadecimal
//   FOUND   the file that gets the addresses of those that were executed, in the order in which that happened first
// Ends with the status of the command.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <set>
#include <string>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr unsigned char breakpoint = 0xcc;
constexpr long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;

[[noreturn]] void fail(const char *what) {
  perror(what);
  exit(125);
}

// By its address what each piece consists of.
std::map<unsigned long, std::vector<unsigned char>> places;

class Memory {
public:
  explicit Memory(pid_t pid) : fd_(open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDWR | O_CLOEXEC)) {
    if (fd_ < 0) fail("open mem");
  }
  ~Memory() { close(fd_); }
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;
  void read(unsigned long at, void *to, size_t size) {
    if (pread(fd_, to, size, static_cast<off_t>(at)) != static_cast<ssize_t>(size)) fail("read mem");
  }
  void write(unsigned long at, const void *from, size_t size) {
    if (pwrite(fd_, from, size, static_cast<off_t>(at)) != static_cast<ssize_t>(size)) fail("write mem");
  }

private:
  int fd_;
};

void set_breakpoints(pid_t pid) {
  Memory memory(pid);
  for (auto &[place, code] : places) {
    memory.read(place, code.data(), code.size());
    const std::vector<unsigned char> breakpoints(code.size(), breakpoint);
    memory.write(place, breakpoints.data(), breakpoints.size());
  }
}

// True when the process stands behind a breakpoint: then it goes on as if there were none. `place` is where the piece begins.
bool at_breakpoint(pid_t pid, unsigned long &place) {
  user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, pid, nullptr, &registers) < 0) return false;
  const unsigned long at = registers.rip - 1;
  auto found = places.upper_bound(at);
  if (found == places.begin()) return false;
  const auto &[start, code] = *--found;
  if (at >= start + code.size()) return false;
  place = start;
  Memory(pid).write(start, code.data(), code.size());
  registers.rip = at;
  return ptrace(PTRACE_SETREGS, pid, nullptr, &registers) == 0;
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 4) return 125;
  FILE *list = fopen(argv[1], "re");
  if (!list) fail(argv[1]);
  for (unsigned long place, size; fscanf(list, "%lx %lx", &place, &size) == 2;) places[place].resize(size);
  fclose(list);
  FILE *out = fopen(argv[2], "we");
  if (!out || places.empty()) fail(argv[2]);
  const pid_t command = fork();
  if (command == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    execv(argv[3], argv + 3);
    _exit(127);
  }
  int status;
  if (waitpid(command, &status, 0) != command || !WIFSTOPPED(status)) fail("exec");
  if (ptrace(PTRACE_SETOPTIONS, command, nullptr, options) < 0) fail("ptrace");
  set_breakpoints(command);
  ptrace(PTRACE_CONT, command, nullptr, nullptr);
  std::set<unsigned long> found;
  std::set<pid_t> begun = {command};
  while (true) {
    const pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0) fail("wait");
    if (!WIFSTOPPED(status)) {
      if (pid != command) continue;
      fclose(out);
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    // Another program: what it does isn't asked about, and it may outlive the command.
    if (status >> 16 == PTRACE_EVENT_EXEC) {
      ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
      continue;
    }
    // A new process first stops.
    const bool is_new = begun.insert(pid).second;
    const int signal = WSTOPSIG(status);
    unsigned long place;
    if (signal == SIGTRAP && status >> 16 == 0 && at_breakpoint(pid, place) && found.insert(place).second)
      fprintf(out, "%lx\n", place);
    const bool is_ours = signal == SIGTRAP || (is_new && signal == SIGSTOP);
    ptrace(PTRACE_CONT, pid, nullptr, reinterpret_cast<void *>(static_cast<long>(is_ours ? 0 : signal)));
  }
}
