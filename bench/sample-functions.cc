// Tells in which JavaScript functions a command of the standalone executable spends its time: stops it at short intervals and looks which
// functions QuickJS is in. Only its first process; stops take time of the watch on the wall, not of the command's own work.
//
// usage: sample-functions RUNTIME LAYOUT... MICROSECONDS STOPS COMMAND [ARG...]
//   RUNTIME       the address of the pointer to QuickJS's runtime, in hexadecimal
//   LAYOUT        what quickjs-layout.c prints
//   MICROSECONDS  between two stops, on average
//   STOPS         the file that gets a line for each stop: where the processor was (hexadecimal), then the
//                 functions, from the innermost, separated by tabs: the name of a JavaScript function, or @ and the address of one in C
// Ends with the status of the command.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

FILE *stops;

struct Layout {
  unsigned long runtime;
  int frame, atoms, function, kind, bytecode, c_function, name, text, of_script, of_c;
};

[[noreturn]] void fail(const char *what) {
  perror(what);
  exit(125);
}

class Memory {
public:
  explicit Memory(pid_t pid) : pid_(pid) {}
  template <typename Value> Value at(unsigned long address) const {
    Value value{};
    copy(address, &value, sizeof value);
    return value;
  }
  unsigned long pointer(unsigned long address) const { return at<unsigned long>(address); }
  bool copy(unsigned long address, void *to, size_t size) const {
    const iovec local = {to, size};
    const iovec remote = {reinterpret_cast<void *>(address), size};
    return process_vm_readv(pid_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
  }

private:
  pid_t pid_;
};

std::string name_of(const Memory &memory, const Layout &layout, unsigned long bytecode) {
  const auto atom = memory.at<uint32_t>(bytecode + layout.name);
  const unsigned long runtime = memory.pointer(layout.runtime);
  const unsigned long string = memory.pointer(memory.pointer(runtime + layout.atoms) + 8UL * atom);
  char text[64] = "";
  memory.copy(string + layout.text, text, sizeof text - 1);
  return text[0] ? text : "(anonymous)";
}

void print_stack(const Memory &memory, const Layout &layout) {
  const unsigned long runtime = memory.pointer(layout.runtime);
  unsigned long frame = memory.pointer(runtime + layout.frame);
  for (int depth = 0; frame && depth < 200; depth++, frame = memory.pointer(frame)) {
    const unsigned long function = memory.pointer(frame + layout.function);
    const int kind = memory.at<uint16_t>(function + layout.kind);
    if (kind == layout.of_c)
      fprintf(stops, "\t@%lx", memory.pointer(function + layout.c_function));
    else if (kind == layout.of_script)
      fprintf(stops, "\t%s", name_of(memory, layout, memory.pointer(function + layout.bytecode)).c_str());
    else
      fprintf(stops, "\t(other)");
  }
}

// By spinning: a sleep takes longer than many a function.
void wait_for(long nanoseconds) {
  const auto now = [] {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
  };
  for (const long end = now() + nanoseconds; now() < end;) continue;
}

int watch(pid_t pid, const Layout &layout, long interval) {
  const Memory memory(pid);
  std::mt19937 random(static_cast<unsigned>(pid));
  std::uniform_int_distribution<long> between(interval / 2, interval * 3 / 2);
  int status = 0;
  for (bool ours = false;;) {
    if (waitpid(pid, &status, 0) != pid) fail("waitpid");
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
    const int event = status >> 16;
    if (event == PTRACE_EVENT_EXEC) ours = true;
    if (event == PTRACE_EVENT_STOP && ours) {
      user_regs_struct registers;
      if (ptrace(PTRACE_GETREGS, pid, nullptr, &registers)) fail("PTRACE_GETREGS");
      fprintf(stops, "%llx", registers.rip);
      print_stack(memory, layout);
      fputc('\n', stops);
    }
    const int signal = event == 0 ? WSTOPSIG(status) : 0;
    if (ptrace(PTRACE_CONT, pid, nullptr, signal)) fail("PTRACE_CONT");
    wait_for(between(random));
    // It may have ended meanwhile.
    if (ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) && errno != ESRCH) fail("PTRACE_INTERRUPT");
  }
}

} // namespace

int main(int argc, char **argv) {
  constexpr int fields = 10;
  if (argc < fields + 5) return 2;
  Layout layout{};
  layout.runtime = strtoul(argv[1], nullptr, 16);
  int *const members[] = {&layout.frame, &layout.atoms, &layout.function, &layout.kind, &layout.bytecode,
                          &layout.c_function, &layout.name, &layout.text, &layout.of_script, &layout.of_c};
  for (int i = 0; i < fields; i++) *members[i] = atoi(argv[2 + i]);
  const long interval = atol(argv[2 + fields]) * 1000;
  stops = fopen(argv[3 + fields], "we");
  if (!stops) fail(argv[3 + fields]);
  char **const command = argv + 4 + fields;
  int gate[2];
  if (pipe(gate)) fail("pipe");
  const pid_t pid = fork();
  if (pid < 0) fail("fork");
  if (pid == 0) {
    char go = 0;
    close(gate[1]);
    if (read(gate[0], &go, 1) == 1) execv(command[0], command);
    _exit(127);
  }
  if (ptrace(PTRACE_SEIZE, pid, nullptr, PTRACE_O_TRACEEXEC)) fail("PTRACE_SEIZE");
  if (write(gate[1], "", 1) != 1) fail("write");
  const int status = watch(pid, layout, interval);
  return fclose(stops) == 0 ? status : 125;
}
