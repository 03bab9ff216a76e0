// Children that start without the cost of fork: they share our memory, and we stand still until they exec or exit.
#pragma once

#include <cstdint>

#include <linux/sched.h>

#include "result.h"

namespace tsrunc {

struct Child {
  int pid = 0;
  int pidfd = -1;
};

// Runs `body(argument)` in a child of clone3 with these flags (CLONE_NEW*, CLONE_FILES …) and an optional cgroup
// (descriptor, or -1). The child has its own stack but our memory: body makes raw system calls only (raw.h) and leaves
// results through `argument`; what it returns is its exit status. All signals are blocked in it.
//
// wait: we are suspended until the child execs or exits (CLONE_VFORK). Without, the child's stack is kept for good.
Result<Child> clone_child(uint64_t flags, int cgroup, int (*body)(void *), void *argument, bool wait = true);

// Waits for the child and closes its pidfd.
int reap(Child &child);

// A thread of this process that no library knows of: it makes raw system calls only, has all signals blocked, and leaves
// results in memory that it was given.
class RawThread {
public:
  // False when it can't be made: nothing runs then.
  bool start(int (*body)(void *), void *argument);
  // Has it run beside us and not after us. A kernel that takes an idle virtual CPU for one that its host has taken away
  // queues a new thread behind the one that made it: measured, for as long as that one runs, with the other CPU idle.
  // Returns whether that was done.
  bool leave_our_cpu() const;
  // Waits for its end.
  void join();

private:
  void *stack_ = nullptr;
  long tid_ = 0;
  // The kernel's: 0 and a futex wake-up when the thread has ended (CLONE_CHILD_CLEARTID).
  int alive_ = 0;
};

// CPUs of a mask for sched_setaffinity(2): no kernel is built for more.
constexpr size_t most_cpus = 8192;

// What clone_child gives clone3, for a caller that does the rest itself.
clone_args child_arguments(uint64_t flags, int cgroup, void *stack, int *pidfd, bool wait);
Result<void *> make_stack();
void free_stack(void *stack);

// In a child: every signal to its default, then those in `blocked` blocked (bit n - 1 is signal n) and no other. Returns 0 or a
// negative errno.
long reset_signals_raw(uint64_t blocked = 0);

// RLIMIT_NOFILE as the caller of tsrunc had it, before Node raised it.
struct FileLimit {
  uint64_t soft;
  uint64_t hard;
};
FileLimit caller_file_limit();

// As a source of place_descriptors_raw: nothing is to be open at that number.
constexpr int no_source = -2;

// In a child: puts `sources[i]` at number `targets[i]`, each without close-on-exec, whatever the order and overlaps. -1 as a
// source is /dev/null. `staged` has room for count numbers. Returns 0 or a negative errno.
int place_descriptors_raw(const int *sources, const int *targets, int *staged, int count);

} // namespace tsrunc
