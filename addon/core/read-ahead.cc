#include "read-ahead.h"

#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>

#include "clone.h"
#include "raw.h"

namespace tsrunc {

namespace {

// Whose an entry is: ours until it is asked for, then of whoever takes it first, the thread's while that reads it, and ours again.
enum State : uint32_t {
  ours,
  asked,
  reading,
  // We needed it and couldn't wait: somebody else runs in the thread's place. What it reads is thrown away.
  abandoned,
  read,
  failed,
};

struct Entry {
  uint32_t state;
  uint32_t size;
  char path[1016];
  char text[7168];
};

constexpr uint32_t room = 48;

// Turns of waiting. The thread waits longer than we take from one file to the next, since waking it up takes a virtual machine 50 us; we for
// as long as a read takes that isn't disturbed.
constexpr int turns_of_thread = 20000;
constexpr int our_turns = 1000;

struct {
  Entry *entries = nullptr;
  // How many were ever asked for, and how many of these are done with.
  uint32_t asked_for = 0;
  uint32_t done = 0;
  uint32_t sleeping = 0;
  uint32_t ending = 0;
  bool running = false;
  // Told to end, but maybe it hasn't yet.
  bool ended = false;
  // There is no thread to be had, or no other CPU for it.
  bool refused = false;
  // How often it wasn't ahead.
  uint32_t late = 0;
  RawThread thread;
} ahead;

void turn() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  asm volatile("yield");
#endif
}

uint32_t load(const uint32_t &word) { return __atomic_load_n(&word, __ATOMIC_ACQUIRE); }
void store(uint32_t &word, uint32_t value) { __atomic_store_n(&word, value, __ATOMIC_RELEASE); }
uint32_t swap(uint32_t &word, uint32_t value) { return __atomic_exchange_n(&word, value, __ATOMIC_SEQ_CST); }
bool change(uint32_t &word, uint32_t from, uint32_t to) {
  return __atomic_compare_exchange_n(&word, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE);
}

Entry &entry(uint32_t number) { return ahead.entries[number % room]; }

// In the thread: system calls only.
State read_entry(Entry &entry) {
  constexpr int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const long file = raw::call(SYS_openat, AT_FDCWD, raw::pointer(entry.path), flags);
  if (file < 0) return failed;
  const long size = raw::call(SYS_read, file, raw::pointer(entry.text), sizeof entry.text);
  raw::call(SYS_close, file);
  // Where it is full there may be more.
  if (size < 0 || size == sizeof entry.text) return failed;
  entry.size = static_cast<uint32_t>(size);
  return read;
}

int read_all(void *) {
  for (uint32_t next = 0;;) {
    uint32_t known = load(ahead.asked_for);
    for (int i = 0; known == next && i < turns_of_thread; i++, known = load(ahead.asked_for)) turn();
    if (load(ahead.ending)) return 0;
    if (known == next) {
      store(ahead.sleeping, 1);
      raw::call(SYS_futex, raw::pointer(&ahead.asked_for), FUTEX_WAIT_PRIVATE, next);
      continue;
    }
    Entry &one = entry(next++);
    if (!change(one.state, asked, reading)) continue;
    if (!change(one.state, reading, read_entry(one))) store(one.state, ours);
  }
}

// Tells the thread that there is more to do.
void tell(uint32_t asked_for) {
  __atomic_store_n(&ahead.asked_for, asked_for, __ATOMIC_SEQ_CST);
  if (swap(ahead.sleeping, 0)) raw::call(SYS_futex, raw::pointer(&ahead.asked_for), FUTEX_WAKE_PRIVATE, 1);
}

// Doesn't wait for its end: the process may be about to end itself.
void end() {
  store(ahead.ending, 1);
  tell(ahead.asked_for + 1);
  ahead.running = false;
  ahead.ended = true;
}

bool start() {
  if (ahead.ended) ahead.thread.join();
  ahead.ended = false;
  if (!ahead.entries) {
    void *memory = mmap(nullptr, room * sizeof(Entry), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    ahead.entries = static_cast<Entry *>(memory);
  }
  for (uint32_t i = 0; i < room; i++) ahead.entries[i].state = ours;
  ahead.asked_for = ahead.done = ahead.sleeping = ahead.ending = 0;
  ahead.late = 0;
  if (!ahead.thread.start(read_all, nullptr)) return false;
  ahead.running = true;
  if (ahead.thread.leave_our_cpu()) return true;
  end();
  return false;
}

// The kernel may have moved us to the thread's CPU.
void note_late() {
  if (ahead.late++ % 8 == 0) ahead.thread.leave_our_cpu();
}

// Takes an entry from the thread, or leaves it to it for good. Returns what it was.
State take(Entry &entry) {
  if (change(entry.state, asked, ours)) {
    note_late();
    return asked;
  }
  for (int i = 0; i < our_turns && load(entry.state) == reading; i++) turn();
  if (change(entry.state, reading, abandoned)) {
    note_late();
    return abandoned;
  }
  return static_cast<State>(swap(entry.state, ours));
}

} // namespace

Status read_ahead(const std::vector<std::string> &paths) {
  if (!ahead.running) {
    ahead.refused = ahead.refused || !start();
    if (ahead.refused) return Done{};
  }
  uint32_t number = ahead.asked_for;
  for (const std::string &path : paths) {
    Entry &one = entry(number);
    if (number - ahead.done == room || load(one.state) != ours) break;
    if (path.size() >= sizeof one.path) continue;
    memcpy(one.path, path.c_str(), path.size() + 1);
    store(one.state, asked);
    number++;
  }
  tell(number);
  return Done{};
}

Status end_read_ahead() {
  ahead.refused = false;
  if (ahead.running) end();
  return Done{};
}

std::optional<std::string> take_read_ahead(const std::string &path) {
  if (!ahead.running) return std::nullopt;
  for (uint32_t number = ahead.done; number != ahead.asked_for; number++) {
    if (path != entry(number).path) continue;
    for (; ahead.done != number; ahead.done++) take(entry(ahead.done));
    ahead.done++;
    Entry &found = entry(number);
    if (take(found) != read) return std::nullopt;
    return std::string(found.text, found.size);
  }
  return std::nullopt;
}

} // namespace tsrunc
