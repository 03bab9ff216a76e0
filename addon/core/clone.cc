#include "clone.h"

#include <csignal>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inherited.h"
#include "raw.h"

namespace tsrunc {

namespace {

constexpr size_t stack_size = 64 << 10;
// Stacks that are free: taking one out of memory makes every CPU forget what it knows of that memory on which a thread of ours ran, which takes
// longer in a virtual machine than what ran on the stack.
void *kept_stacks[2];
constexpr int signal_count = 64;
constexpr size_t kernel_mask_size = 8;

// Sharing memory over a change of the time namespace is safe from 6.3 on, where only exec changes it; before, the
// kernel would remap the clock pages of the memory we share.
bool time_namespace_needs_own_memory() {
  utsname name;
  if (uname(&name) < 0) return true;
  int major = 0;
  int minor = 0;
  const char *text = name.release;
  for (; *text >= '0' && *text <= '9'; text++) major = major * 10 + (*text - '0');
  if (*text == '.') text++;
  for (; *text >= '0' && *text <= '9'; text++) minor = minor * 10 + (*text - '0');
  return major < 6 || (major == 6 && minor < 3);
}

} // namespace

// No handler of ours may run in what is cloned, on our memory.
static long clone_blocked(const clone_args &arguments, int (*body)(void *), void *argument) {
  // Not the C library's, which leaves out what it keeps for itself.
  const uint64_t all = ~UINT64_C(0);
  uint64_t before = 0;
  const long blocked =
      raw::call(SYS_rt_sigprocmask, SIG_SETMASK, raw::pointer(&all), raw::pointer(&before), kernel_mask_size);
  if (blocked < 0) return blocked;
  const long pid = raw::clone(&arguments, sizeof arguments, body, argument);
  raw::call(SYS_rt_sigprocmask, SIG_SETMASK, raw::pointer(&before), 0, kernel_mask_size);
  return pid;
}

bool RawThread::start(int (*body)(void *), void *argument) {
  auto stack = make_stack();
  if (stack.failed()) return false;
  clone_args arguments = {};
  arguments.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
  arguments.child_tid = reinterpret_cast<uint64_t>(&alive_);
  arguments.stack = reinterpret_cast<uint64_t>(stack.value());
  arguments.stack_size = stack_size;
  stack_ = stack.value();
  alive_ = 1;
  tid_ = clone_blocked(arguments, body, argument);
  if (tid_ >= 0) return true;
  alive_ = 0;
  free_stack(stack_);
  return false;
}

bool RawThread::leave_our_cpu() const {
  unsigned long cpus[most_cpus / 8 / sizeof(unsigned long)] = {};
  constexpr size_t bits = 8 * sizeof(unsigned long);
  unsigned cpu = 0;
  const long size = raw::call(SYS_sched_getaffinity, 0, sizeof cpus, raw::pointer(cpus));
  if (size < 0 || raw::call(SYS_getcpu, raw::pointer(&cpu), 0, 0) < 0 || cpu >= most_cpus) return false;
  cpus[cpu / bits] &= ~(1UL << cpu % bits);
  // EINVAL where there is no other.
  return raw::call(SYS_sched_setaffinity, tid_, size, raw::pointer(cpus)) == 0;
}

void RawThread::join() {
  while (__atomic_load_n(&alive_, __ATOMIC_ACQUIRE) != 0)
    raw::call(SYS_futex, raw::pointer(&alive_), FUTEX_WAIT, 1, 0);
  free_stack(stack_);
}

Result<void *> make_stack() {
  for (void *&place : kept_stacks)
    if (void *kept = __atomic_exchange_n(&place, nullptr, __ATOMIC_ACQUIRE)) return kept;
  void *stack = mmap(nullptr, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return failure("mmap");
  // Where it begins: one call costs less than a page fault. Kernels before 5.14 don't know it.
  constexpr int populate_write = 23;
  constexpr size_t first = 8 << 10;
  madvise(static_cast<char *>(stack) + stack_size - first, first, populate_write);
  return stack;
}

void free_stack(void *stack) {
  for (void *&place : kept_stacks) {
    void *empty = nullptr;
    if (__atomic_compare_exchange_n(&place, &empty, stack, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) return;
  }
  munmap(stack, stack_size);
}

clone_args child_arguments(uint64_t flags, int cgroup, void *stack, int *pidfd, bool wait) {
  clone_args arguments = {};
  arguments.flags = flags | CLONE_PIDFD | CLONE_VM;
  if (wait) arguments.flags |= CLONE_VFORK;
  if (cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<uint64_t>(cgroup);
  }
  if ((flags & CLONE_NEWTIME) && time_namespace_needs_own_memory()) arguments.flags &= ~static_cast<uint64_t>(CLONE_VM);
  arguments.pidfd = reinterpret_cast<uint64_t>(pidfd);
  arguments.exit_signal = SIGCHLD;
  arguments.stack = reinterpret_cast<uint64_t>(stack);
  arguments.stack_size = stack_size;
  return arguments;
}

Result<Child> clone_child(uint64_t flags, int cgroup, int (*body)(void *), void *argument, bool wait) {
  auto stack = make_stack();
  if (stack.failed()) return stack.error();
  int pidfd = -1;
  const clone_args arguments = child_arguments(flags, cgroup, stack.value(), &pidfd, wait);
  const long pid = clone_blocked(arguments, body, argument);
  if (pid < 0 || wait) free_stack(stack.value());
  if (pid < 0) return Error{"clone3", static_cast<int>(-pid), {}};
  return Child{static_cast<int>(pid), pidfd};
}

int reap(Child &child) {
  siginfo_t info = {};
  retried([&] { return waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED); });
  close(child.pidfd);
  child.pidfd = -1;
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

long reset_signals_raw(uint64_t blocked) {
  // The kernel's struct sigaction, all zero: SIG_DFL, no flags, empty mask.
  const uint64_t action[4] = {};
  for (int signal = 1; signal <= signal_count; signal++) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;
    const long result = raw::call(SYS_rt_sigaction, signal, raw::pointer(action), 0, kernel_mask_size);
    if (result < 0) return result;
  }
  return raw::call(SYS_rt_sigprocmask, SIG_SETMASK, raw::pointer(&blocked), 0, kernel_mask_size);
}

FileLimit caller_file_limit() {
  const CallerState &caller = caller_state();
  return {caller.nofile_soft, caller.nofile_hard};
}

int place_descriptors_raw(const int *sources, const int *targets, int *staged, int count) {
  int above = 3;
  for (int i = 0; i < count; i++)
    if (targets[i] >= above) above = targets[i] + 1;
  // First all of them out of the way, above every target; then each to its place. dup3 leaves close-on-exec off.
  for (int i = 0; i < count; i++) {
    long fd = sources[i];
    staged[i] = no_source;
    if (fd == no_source) continue;
    if (fd < 0) fd = raw::call(SYS_openat, AT_FDCWD, raw::pointer("/dev/null"), O_RDWR | O_CLOEXEC);
    if (fd < 0) return static_cast<int>(fd);
    fd = raw::call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, above);
    if (fd < 0) return static_cast<int>(fd);
    staged[i] = static_cast<int>(fd);
  }
  for (int i = 0; i < count; i++) {
    // One of the runtime's own may be there, or nothing.
    const bool empty = staged[i] == no_source;
    const long placed = empty ? raw::call(SYS_close, targets[i]) : raw::call(SYS_dup3, staged[i], targets[i], 0);
    if (placed < 0 && !(empty && placed == -EBADF)) return static_cast<int>(placed);
  }
  return 0;
}

} // namespace tsrunc
