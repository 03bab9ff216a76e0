#include "read-ahead.h"

#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>

#include "clone.h"
#include "files.h"
#include "raw.h"

namespace tsrunc {

namespace {

// Who may touch an entry. `asked`: whoever takes it first; `reading` and `abandoned`: the thread; otherwise we.
enum State : uint32_t {
  ours,
  asked,
  reading,
  // We needed it and couldn't wait: somebody else runs in the thread's place. What it reads is thrown away.
  abandoned,
  has_text,
  failed,
};

struct Entry {
  uint32_t state;
  uint32_t size;
  char path[1016];
  char text[7168];
};

// Enough for what list.ts asks for: three files of each container that lies between.
constexpr uint32_t room = 48;

// Turns of waiting. The thread waits longer than we take from one file to the next, since waking it up takes longer than a read; we for as long
// as a read takes that isn't disturbed.
constexpr int turns_of_thread = 20000;
constexpr int our_turns = 1000;

struct {
  Entry *entries = nullptr;
  // How many were ever asked for, and how many of these are done with.
  uint32_t asked_for = 0;
  uint32_t done = 0;
  uint32_t sleeping = 0;
  uint32_t ending = 0;
  // How often it wasn't ahead.
  uint32_t late = 0;
  RawThread thread;
} ahead;

// Workers of Node.js share all this: one of them has it, and the others read what they ask for.
uint32_t taken = 0;

enum class Use {
  none,
  // By this thread.
  running,
  // Another has it, or there is no thread to be had, or no other CPU for it.
  refused,
};
thread_local Use use = Use::none;

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

// Files of the kernel give all they have at once, as far as we ask for them; of others a second read says whether that was all.
bool is_kernels(const char *path) { return strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0; }

// In the thread: system calls only.
State read_entry(Entry &one) {
  const long file = raw::call(SYS_openat, AT_FDCWD, raw::pointer(one.path), to_be_read);
  if (file < 0) return failed;
  constexpr long most = sizeof one.text;
  long size = raw::call(SYS_read, file, raw::pointer(one.text), most);
  // Where it is full there may be more.
  bool all = size >= 0 && size < most;
  if (all && !is_kernels(one.path)) all = raw::call(SYS_read, file, raw::pointer(one.text + size), most - size) == 0;
  raw::call(SYS_close, file);
  one.size = static_cast<uint32_t>(size);
  return all ? has_text : failed;
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

void end() {
  store(ahead.ending, 1);
  tell(ahead.asked_for + 1);
  ahead.thread.join();
}

bool start() {
  if (!ahead.entries) {
    void *memory = mmap(nullptr, room * sizeof(Entry), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    ahead.entries = static_cast<Entry *>(memory);
  }
  for (uint32_t i = 0; i < room; i++) ahead.entries[i].state = ours;
  ahead.asked_for = ahead.done = ahead.sleeping = ahead.ending = 0;
  ahead.late = 0;
  if (!ahead.thread.start(read_all, nullptr)) return false;
  if (ahead.thread.leave_our_cpu()) return true;
  end();
  return false;
}

// The kernel may have moved us to the thread's CPU.
void note_late() {
  if (ahead.late++ % 8 == 0) ahead.thread.leave_our_cpu();
}

// Takes an entry from the thread, or leaves it to it for good. Returns what it was.
State take(Entry &one) {
  if (change(one.state, asked, ours)) {
    note_late();
    return asked;
  }
  for (int i = 0; i < our_turns && load(one.state) == reading; i++) turn();
  if (change(one.state, reading, abandoned)) {
    note_late();
    return abandoned;
  }
  return static_cast<State>(swap(one.state, ours));
}

} // namespace

Status read_ahead(const std::vector<std::string> &paths) {
  if (use == Use::none && !change(taken, 0, 1)) use = Use::refused;
  if (use == Use::none) {
    use = start() ? Use::running : Use::refused;
    if (use == Use::refused) store(taken, 0);
  }
  if (use == Use::refused) return Done{};
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
  if (use == Use::running) {
    end();
    store(taken, 0);
  }
  use = Use::none;
  return Done{};
}

std::optional<std::string> take_read_ahead(const std::string &path) {
  if (use != Use::running) return std::nullopt;
  for (uint32_t number = ahead.done; number != ahead.asked_for; number++) {
    if (path != entry(number).path) continue;
    for (; ahead.done != number; ahead.done++) take(entry(ahead.done));
    ahead.done++;
    Entry &found = entry(number);
    if (take(found) != has_text) return std::nullopt;
    return std::string(found.text, found.size);
  }
  return std::nullopt;
}

} // namespace tsrunc
