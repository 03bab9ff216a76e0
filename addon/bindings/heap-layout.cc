#include "heap-layout.h"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tsrunc::quickjs {

namespace {

constexpr size_t page = 4096;
// A fault maps what it finds in the page cache around the page it is about, up to here (fault_around_bytes).
constexpr size_t window = 16 * page;

// A bit for each command.
using Commands = uint32_t;
constexpr unsigned most_commands = 32;

struct Use {
  size_t capacity;
  Commands writers;
  Commands readers;
  // The blocks that lie together: written ones by who writes, after them those that are read by who reads, then the rest.
  std::pair<bool, Commands> group() const { return {!writers, writers ? writers : readers}; }
};
std::map<size_t, Use> uses;

size_t next_number = 0;
bool alike = true;

// In training: what there is, and what is free by its number of windows.
int room_file = -1;
char *room = nullptr;
char *next_window = nullptr;
char *room_end = nullptr;
struct Block {
  size_t number;
  size_t capacity;
};
std::map<char *, Block> blocks;
std::multimap<size_t, char *> free_blocks;
unsigned commands_run = 0;

// Afterwards: where the next block of a group goes.
std::map<std::pair<bool, Commands>, char *> next_of;

size_t windows_for(size_t capacity) { return (grain + capacity + window - 1) / window; }

void *with_capacity(char *block, size_t capacity) {
  memcpy(block - head, &capacity, sizeof capacity);
  return block;
}

void *on_its_own(size_t number, size_t capacity) {
  const size_t windows = windows_for(capacity);
  char *block;
  if (const auto free = free_blocks.find(windows); free != free_blocks.end()) {
    block = free->second;
    free_blocks.erase(free);
  } else {
    if (windows * window > static_cast<size_t>(room_end - next_window)) return nullptr;
    block = next_window + grain;
    next_window += windows * window;
  }
  blocks[block] = {number, capacity};
  return with_capacity(block, capacity);
}

enum : uint8_t { untouched, was_read, was_written };

// In a child: the heap as before, none of it mapped yet, and a copy of each page made on the first write to it.
bool start_watching() {
  return mmap(room, static_cast<size_t>(room_end - room), PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, room_file, 0) == room;
}

// Then: one of the above for each block (proc_pid_pagemap(5)).
bool note_uses(uint8_t *found) {
  constexpr uint64_t present = 1ULL << 63;
  constexpr uint64_t of_file = 1ULL << 61;
  std::vector<uint64_t> entries(static_cast<size_t>(next_window - room) / page);
  const size_t size = entries.size() * sizeof entries[0];
  const int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  const auto from = static_cast<off_t>(reinterpret_cast<uintptr_t>(room) / page * sizeof entries[0]);
  if (fd < 0 || pread(fd, entries.data(), size, from) != static_cast<ssize_t>(size)) return false;
  close(fd);
  size_t index = 0;
  for (const auto &[address, block] : blocks) {
    const size_t first = static_cast<size_t>(address - room) / page;
    const size_t last = static_cast<size_t>(address + block.capacity - 1 - room) / page;
    for (size_t i = first; i <= last; i++)
      if (entries[i] & present) found[index] = std::max<uint8_t>(found[index], entries[i] & of_file ? was_read : was_written);
    index++;
  }
  return true;
}

} // namespace

void *lay_out(size_t capacity) {
  const size_t number = next_number++;
  if (room) return on_its_own(number, capacity);
  const auto known = uses.find(number);
  if (known == uses.end()) return nullptr;
  if (known->second.capacity != capacity) {
    alike = false;
    return nullptr;
  }
  char *&next = next_of[known->second.group()];
  char *block = next + head;
  next += head + capacity;
  return with_capacity(block, capacity);
}

bool forget(void *block) {
  const auto found = blocks.find(static_cast<char *>(block));
  if (found == blocks.end()) return false;
  free_blocks.emplace(windows_for(found->second.capacity), found->first);
  blocks.erase(found);
  return true;
}

char *begin_training(char *address, size_t size) {
  room_file = memfd_create("heap", MFD_CLOEXEC);
  if (room_file < 0 || ftruncate(room_file, static_cast<off_t>(size)) < 0) return nullptr;
  void *memory = mmap(address, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | MAP_FIXED_NOREPLACE, room_file, 0);
  if (memory != address) return nullptr;
  room = next_window = address;
  return room_end = room + size;
}

bool train(int (*command)(int argc, char **argv), int argc, char **argv, bool reads_only) {
  if (commands_run == most_commands) return false;
  const size_t count = blocks.size();
  void *memory = mmap(nullptr, count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  auto *found = static_cast<uint8_t *>(memory);
  const pid_t child = fork();
  if (child == 0) {
    // What is cut short must not go on by itself.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!start_watching()) _exit(1);
    command(argc, argv);
    _exit(note_uses(found) ? 0 : 1);
  }
  int status = 1;
  const bool told = child > 0 && waitpid(child, &status, 0) == child && status == 0;
  size_t index = 0;
  for (const auto &[address, block] : blocks) {
    const uint8_t use = found[index++];
    if (use == untouched) continue;
    Use &known = uses.try_emplace(block.number, Use{block.capacity, 0, 0}).first->second;
    (use == was_written && !reads_only ? known.writers : known.readers) |= Commands{1} << commands_run;
  }
  munmap(memory, count);
  if (told) commands_run++;
  return told;
}

std::string profile() {
  std::string text;
  for (const auto &[address, block] : blocks) {
    const auto used = uses.find(block.number);
    const Use use = used == uses.end() ? Use{block.capacity, 0, 0} : used->second;
    for (const size_t value : {block.number, use.capacity, size_t{use.writers}, size_t{use.readers}})
      text += std::to_string(value) + ' ';
    text += '\n';
  }
  return text;
}

// What is written comes before what is only read, of both what many commands use first, the most used before all; then always what differs in
// the fewest commands from what came before: a command finds its blocks on few pages.
static void order_groups(std::vector<std::pair<bool, Commands>> &groups, int many) {
  const auto count = [](Commands commands) { return __builtin_popcount(commands); };
  for (size_t done = 0; done < groups.size(); done++) {
    const Commands before = done == 0 ? ~Commands{0} : groups[done - 1].second;
    const auto comes_first = [&](const std::pair<bool, Commands> &one, const std::pair<bool, Commands> &other) {
      if (one.first != other.first) return other.first;
      if (std::max(count(one.second), count(other.second)) >= many) return count(one.second) > count(other.second);
      return count(one.second ^ before) < count(other.second ^ before);
    };
    std::swap(groups[done], *std::min_element(groups.begin() + static_cast<long>(done), groups.end(), comes_first));
  }
}

Layout use_profile(const std::string &text, char *start) {
  std::map<std::pair<bool, Commands>, size_t> sizes;
  const char *at = text.c_str();
  const auto value = [&at] {
    char *end;
    const size_t read = strtoul(at, &end, 10);
    at = end;
    return read;
  };
  Commands all = 0;
  while (strchr(at, '\n')) {
    const size_t number = value();
    const size_t capacity = value();
    const auto writers = static_cast<Commands>(value());
    const Use use{capacity, writers, static_cast<Commands>(value())};
    uses[number] = use;
    sizes[use.group()] += head + capacity;
    all |= writers;
    at = strchr(at, '\n') + 1;
  }
  std::vector<std::pair<bool, Commands>> groups;
  for (const auto &[group, size] : sizes) groups.push_back(group);
  // Five of six commands in training: with more, short ones take longer to have their pages made than to have a fault each. And a quarter of
  // them, which is half of those that make a process.
  const int most = __builtin_popcount(all) * 5 / 6;
  const int many = __builtin_popcount(all) / 4;
  order_groups(groups, many);
  Layout layout = {start, start, start, nullptr, nullptr};
  for (const auto &group : groups) {
    const auto &[read, commands] = group;
    const int users = __builtin_popcount(commands);
    if (read && !layout.read) layout.read = layout.read_often = layout.end;
    next_of[group] = layout.end;
    layout.end += sizes[group];
    if (users < many) continue;
    (read ? layout.read_often : layout.written_often) = layout.end;
    if (users >= most && !read) layout.written = layout.end;
  }
  return layout;
}

bool as_trained() { return alike; }

} // namespace tsrunc::quickjs
