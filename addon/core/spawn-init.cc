#include "spawn-init.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "child-start.h"
#include "clone.h"
#include "inherited.h"
#include "init-image.h"
#include "owned-descriptor.h"
#include "raw.h"
#include "sockets.h"
#include "trace.h"

namespace tsrunc {

namespace {

// Descriptors in one message: the kernel takes up to 253 (SCM_MAX_FD).
constexpr size_t most_rights = 250;

// What the thread and the child need, made ready before; in shared memory, so that an error comes back even from a child
// that was given a copy of our memory (clone.cc).
struct Start {
  // When the thread may go on from what can be made ahead; changed with a futex wake-up.
  enum State : uint32_t { preparing, spawning, cancelled } state;
  // CLONE_NEW* to be made ahead, and of them those that were.
  uint32_t ahead;
  uint32_t made;
  clone_args arguments;
  int pidfd;
  long pid; // or a negative errno
  int theirs; // init's end of the socket
  int image;
  int count; // and the first number that init doesn't use
  uint64_t blocked_signals;
  bool moved;
  const char *argv[6];
  char number[12];
  char soft_limit[21];
  char hard_limit[21];
  const char *environment[1];
  // For --trace.
  CycleSpan unsharing;
  CycleSpan cloning;
  StartFailure failure;
  int *sources;
  int *targets;
  int *staged;
};

int run_start(void *argument) {
  Start &start = *static_cast<Start *>(argument);
  const long reset = reset_signals_raw(start.blocked_signals);
  if (reset < 0) return start.failure.note("rt_sigaction", reset);
  // The executable first: the places of the others may be its number.
  const long image = raw::call(SYS_fcntl, start.image, F_DUPFD_CLOEXEC, start.count);
  if (image < 0) return start.failure.note("fcntl", image);
  if (!arrange_descriptors_raw(start.failure, start.sources, start.targets, start.staged, start.count)) return 127;
  const long result = raw::call(SYS_execveat, image, raw::pointer(""), raw::pointer(start.argv),
                                raw::pointer(start.environment), AT_EMPTY_PATH);
  return start.failure.note("execveat", result);
}

void make_image(Start &start) {
  const char *failed = nullptr;
  start.image = open_init_image_raw(failed);
  if (start.image < 0) start.failure.note(failed, start.image);
}

void spawn(Start &start) {
  const bool begun = start.state == Start::spawning;
  if (begun && start.image >= 0) {
    start.arguments.flags &= ~static_cast<uint64_t>(start.made);
    start.cloning.begin = wire::cycles();
    start.pid = raw::clone(&start.arguments, sizeof start.arguments, run_start, &start);
    start.cloning.end = wire::cycles();
  }
  // Now: who writes a plan to an init that isn't there must be told so, and not wait for it to be read.
  if (begun) raw::call(SYS_close, start.theirs);
  if (start.image >= 0) raw::call(SYS_close, start.image);
}

// Making namespaces takes longer than all the rest of a spawn, so that a thread does it while the plan is made: some that
// it can enter itself, so that what it clones is born in them, even before the rest of the plan's beginning is known.
int run_thread(void *argument) {
  Start &start = *static_cast<Start *>(argument);
  make_image(start);
  // What can't be made here is left to clone3, which says why not.
  if (start.ahead) {
    start.unsharing.begin = wire::cycles();
    if (raw::call(SYS_unshare, start.ahead) == 0) start.made = start.ahead;
    start.unsharing.end = wire::cycles();
  }
  // Looked at again after a while: a filter may answer the wake-up in the kernel's place.
  const timespec while_planning = {0, 100'000'000};
  while (__atomic_load_n(&start.state, __ATOMIC_ACQUIRE) == Start::preparing)
    raw::call(SYS_futex, raw::pointer(&start.state), FUTEX_WAIT, Start::preparing, raw::pointer(&while_planning));
  spawn(start);
  return 0;
}

struct Spawning {
  Start *start = nullptr;
  void *stack = nullptr;
  OwnedDescriptor ours;
  RawThread thread;
  bool threaded = false;
  std::vector<int> missing;
};

// One at a time.
Spawning spawning;

// The memory of the one before, kept as stacks are (clone.cc).
struct {
  void *at = nullptr;
  size_t size = 0;
} kept;

// All zero; nullptr with errno set when there is none.
void *take_shared(size_t size) {
  if (kept.at && kept.size >= size) return memset(kept.at, 0, size);
  if (kept.at) munmap(kept.at, kept.size);
  kept = {};
  void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  kept = {memory, size};
  return memory;
}

void go_on(Start::State state) {
  __atomic_store_n(&spawning.start->state, state, __ATOMIC_RELEASE);
  if (spawning.threaded) raw::call(SYS_futex, raw::pointer(&spawning.start->state), FUTEX_WAKE, 1);
}

} // namespace

Status prepare_spawn(uint32_t namespaces, int preserve, const std::vector<int> &missing) {
  if (spawning.start) return Error{"clone3", EBUSY, {}};
  // Init's socket is the first after them.
  const int count = 3 + preserve + 1;
  const size_t size = sizeof(Start) + 3 * sizeof(int) * static_cast<size_t>(count);
  auto stack = make_stack();
  if (stack.failed()) return stack.error();
  void *memory = take_shared(size);
  if (!memory) {
    const Error error = failure("mmap");
    free_stack(stack.value());
    return error;
  }
  Start &start = *static_cast<Start *>(memory);
  start.count = count;
  start.ahead = namespaces;
  start.pidfd = -1;
  spawning.start = &start;
  spawning.missing = missing;
  spawning.stack = stack.value();
  spawning.threaded = spawning.thread.start(run_thread, &start);
  if (spawning.threaded) start.moved = spawning.thread.leave_our_cpu();
  return Done{};
}

// Init's argv is: its name, the number of the socket, the caller's RLIMIT_NOFILE, soft and hard, and whether it was put on other
// CPUs than ours. It keeps our limit for as long as it needs descriptors of its own.
Result<int> begin_spawn(uint32_t clone_flags, int cgroup, const std::vector<int> &stdio) {
  if (!spawning.start) return Error{"clone3", ECHILD, {}};
  Start &start = *spawning.start;
  if (start.state != Start::preparing) return Error{"clone3", EBUSY, {}};
  // Only what is wanted anyway may be made ahead.
  if (start.ahead & ~clone_flags) return Error{"clone3", EINVAL, {}};
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return failure("socketpair");
  spawning.ours = OwnedDescriptor(pair[0]);
  start.theirs = pair[1];

  const int count = start.count;
  start.sources = reinterpret_cast<int *>(&start + 1);
  start.targets = start.sources + count;
  start.staged = start.targets + count;
  for (int i = 0; i < count; i++) {
    start.targets[i] = i;
    start.sources[i] = i < 3           ? (static_cast<size_t>(i) < stdio.size() ? stdio[static_cast<size_t>(i)] : -1)
                       : i < count - 1 ? i
                                       : start.theirs;
  }
  // At such a number one of the runtime's own may be open by now: never the container's.
  for (const int fd : spawning.missing)
    if (fd >= 3 && fd < count - 1) start.sources[fd] = no_source;
  // As runc does; addon/launcher has the measurement.
  start.blocked_signals = caller_state().blocked_signals;
  // At least as long as what init puts in its place while it waits for start: the step ready in addon/init.
  start.argv[0] = "tsrunc:[INIT] sets the container up";
  snprintf(start.number, sizeof start.number, "%d", count - 1);
  start.argv[1] = start.number;
  const FileLimit limit = caller_file_limit();
  snprintf(start.soft_limit, sizeof start.soft_limit, "%llu", static_cast<unsigned long long>(limit.soft));
  snprintf(start.hard_limit, sizeof start.hard_limit, "%llu", static_cast<unsigned long long>(limit.hard));
  start.argv[2] = start.soft_limit;
  start.argv[3] = start.hard_limit;
  start.argv[4] = start.moved ? "1" : "0";
  start.arguments = child_arguments(clone_flags, cgroup, spawning.stack, &start.pidfd, true);
  go_on(Start::spawning);
  if (!spawning.threaded) {
    make_image(start);
    spawn(start);
  }
  return spawning.ours.get();
}

Result<SpawnedInit> end_spawn() {
  if (!spawning.start) return Error{"clone3", ECHILD, {}};
  const bool begun = spawning.start->state == Start::spawning;
  if (!begun) go_on(Start::cancelled);
  if (spawning.threaded) spawning.thread.join();
  const long pid = spawning.start->pid;
  const int pidfd = spawning.start->pidfd;
  const auto [failed, number] = spawning.start->failure;
  note_thread_call("unshare", spawning.start->unsharing);
  note_thread_call("clone3, execveat", spawning.start->cloning);
  spawning.start = nullptr;
  free_stack(spawning.stack);
  OwnedDescriptor ours = std::move(spawning.ours);
  if (!begun) return Error{"clone3", ECANCELED, {}};
  if (pid < 0) return Error{"clone3", static_cast<int>(-pid), {}};
  if (failed) {
    Child child{static_cast<int>(pid), pidfd};
    if (pid > 0) reap(child);
    return Error{failed, number, {}};
  }
  return SpawnedInit{static_cast<int>(pid), pidfd, ours.release()};
}

Status send_plan(int socket, const std::vector<int> &slots, const ByteSpan &plan) {
  const uint32_t total = static_cast<uint32_t>(slots.size());
  std::string payload(reinterpret_cast<const char *>(&total), sizeof total);
  size_t sent = 0;
  do {
    const size_t count = std::min(slots.size() - sent, most_rights);
    const auto first = slots.begin() + static_cast<ptrdiff_t>(sent);
    sent += count;
    // The plan goes with the last of them: who is woken twice in a row may be put behind us on our CPU.
    if (sent == slots.size()) payload.append(reinterpret_cast<const char *>(plan.data), plan.size);
    Status result = send_message(socket, {}, payload, {first, first + static_cast<ptrdiff_t>(count)});
    if (result.failed()) return result;
  } while (sent < slots.size());
  return Done{};
}

Status send_bytes(int socket, const ByteSpan &data) {
  for (size_t done = 0; done < data.size;) {
    ssize_t count = retried([&] { return send(socket, data.data + done, data.size - done, MSG_NOSIGNAL); });
    if (count <= 0) return count < 0 ? failure("send") : Error{"send", EIO, {}};
    done += static_cast<size_t>(count);
  }
  return Done{};
}

// The texts are encoded here: in QuickJS each byte takes as long as a hundred do in C++, and annotations may be large.
Status send_reply(int socket, uint32_t kind, const std::vector<std::string> &texts) {
  std::string reply(sizeof(wire::ReplyHeader), '\0');
  for (const std::string &text : texts) {
    const uint32_t size = static_cast<uint32_t>(text.size());
    reply.append(reinterpret_cast<const char *>(&size), sizeof size);
    reply += text;
  }
  const wire::ReplyHeader header = {kind, static_cast<uint32_t>(reply.size() - sizeof(wire::ReplyHeader))};
  memcpy(reply.data(), &header, sizeof header);
  return send_bytes(socket, {reinterpret_cast<const uint8_t *>(reply.data()), reply.size()});
}

} // namespace tsrunc
