#include "snapshot.h"

#include "allocation.h"
#include "first-pages.h"
#include "heap-layout.h"

#include "../core/files.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

// The segment, from an assembler source: room for the arena in the first link, the arena's content in the second.
extern "C" char tsrunc_snapshot[];
extern "C" char tsrunc_snapshot_end[];

alignas(4096) [[gnu::section(".bss.late.tail")]] char tsrunc_tail[tsrunc_tail_size];

namespace tsrunc::quickjs {

namespace {

constexpr size_t classes = 64;           // blocks of up to 1 KiB are used again
constexpr size_t large = 64 << 10;       // from here on the C library's, when a command runs
constexpr size_t tail_size = tsrunc_tail_size; // what a command may allocate before the C library is asked
constexpr size_t page = 4096;
constexpr size_t step = 4 * page;        // by which the tail's pages are made at least

struct Arena {
  uint64_t made;
  // The second word of the segment is the runtime, for who looks from outside (bench/functions.mjs).
  Roots roots;
  char *next;
  char *end;
  // Where the blocks of the snapshot end.
  char *limit;
  void *free[classes];
  // The larger ones that were released last, of any size: texts of files mostly, of which one is much like the next.
  void *free_larger[8];
  unsigned next_larger;
};

Arena &arena() { return *reinterpret_cast<Arena *>(tsrunc_snapshot); }

char *const tail = tsrunc_tail;
// Up to here its pages were made; more are made in steps as they are used up.
char *tail_made = nullptr;

// While the snapshot is made: where the blocks end that were laid out, and how many others there are.
char *laid_out_end = nullptr;
size_t others = 0;
Layout layout = {};

size_t &capacity(void *block) { return *reinterpret_cast<size_t *>(static_cast<char *>(block) - head); }

bool in_arena(const void *block) {
  const char *at = static_cast<const char *>(block);
  return (at >= tsrunc_snapshot && at < arena().limit) || (at >= tail && at < tail + tail_size);
}

// Payloads lie 8 behind a multiple of 16, so that they are multiples of 16 with the capacity before them.
size_t capacity_for(size_t size) { return ((size + head + grain - 1) & ~(grain - 1)) - head; }

size_t class_of(size_t capacity) { return (capacity + head) / grain - 1; }

void start_arena(Arena &self) {
  if (self.next) return;
  self.next = tsrunc_snapshot + ((sizeof(Arena) + grain - 1) & ~(grain - 1)) + grain - head;
  self.end = self.limit = tsrunc_snapshot_end;
}

void *from_library(size_t size) {
  char *memory = static_cast<char *>(malloc(size + grain));
  if (!memory) return nullptr;
  capacity(memory + grain) = size;
  return memory + grain;
}

// Of the tail: up to what is used now, some pages more, and an eighth of it all.
void make_more(const Arena &self) {
  const auto used = static_cast<size_t>(self.next - tail);
  const size_t wanted = (used + used / 8 + step + page - 1) & ~(page - 1);
  char *end = tail + std::min(wanted, tail_size);
  if (!tail_made) tail_made = tail + tail_made_first();
  if (end <= tail_made) return;
  make_pages(tail_made, static_cast<size_t>(end - tail_made));
  tail_made = end;
}

void *allocate_anywhere(size_t wanted) {
  Arena &self = arena();
  const size_t kind = class_of(wanted);
  if (kind < classes && self.free[kind]) {
    void *block = self.free[kind];
    memcpy(&self.free[kind], block, sizeof(void *));
    return block;
  }
  if (kind >= classes && self.made)
    for (void *&block : self.free_larger)
      if (block && capacity(block) >= wanted && capacity(block) <= 2 * wanted) return std::exchange(block, nullptr);
  if (self.made && wanted >= large) return from_library(wanted);
  if (wanted + head > static_cast<size_t>(self.end - self.next)) {
    if (self.end == tail + tail_size) return from_library(wanted);
    self.next = tail + grain - head;
    self.end = tail + tail_size;
    if (!self.made) return nullptr;
    return allocate_anywhere(wanted);
  }
  void *block = self.next + head;
  self.next += wanted + head;
  if (self.next > tail_made && self.end == tail + tail_size) make_more(self);
  capacity(block) = wanted;
  return block;
}

void *allocate(JSMallocState *, size_t size) {
  const size_t wanted = capacity_for(size);
  if (!arena().made) {
    start_arena(arena());
    if (void *block = lay_out(wanted)) return block;
    others++;
  }
  return allocate_anywhere(wanted);
}

void release(JSMallocState *, void *block) {
  if (!block) return;
  if (!arena().made) {
    if (forget(block)) return;
    if (block >= laid_out_end) others--;
  }
  if (!in_arena(block)) {
    free(static_cast<char *>(block) - grain);
    return;
  }
  const size_t kind = class_of(capacity(block));
  if (kind >= classes) {
    Arena &self = arena();
    constexpr unsigned places = sizeof self.free_larger / sizeof *self.free_larger;
    if (self.made) self.free_larger[self.next_larger++ % places] = block;
    return;
  }
  memcpy(block, &arena().free[kind], sizeof(void *));
  arena().free[kind] = block;
}

void *resize(JSMallocState *state, void *block, size_t size) {
  if (!block) return size ? allocate(state, size) : nullptr;
  if (!size) {
    release(state, block);
    return nullptr;
  }
  const size_t before = capacity(block);
  if (size <= before) return block;
  Arena &self = arena();
  const size_t wanted = capacity_for(size);
  if (!in_arena(block) && self.made && wanted >= large) {
    auto *memory = static_cast<char *>(realloc(static_cast<char *>(block) - grain, wanted + grain));
    if (!memory) return nullptr;
    capacity(memory + grain) = wanted;
    return memory + grain;
  }
  void *larger = self.made ? nullptr : lay_out(wanted);
  // The last block grows where it is: strings and the stack of the interpreter are made bit by bit.
  if (!larger && block >= laid_out_end && static_cast<char *>(block) + before == self.next &&
      wanted - before <= static_cast<size_t>(self.end - self.next)) {
    capacity(block) = wanted;
    self.next += wanted - before;
    if (self.next > tail_made && self.end == tail + tail_size) make_more(self);
    return block;
  }
  if (!larger) {
    larger = allocate_anywhere(wanted);
    if (!larger) return nullptr;
    if (!self.made) others++;
  }
  memcpy(larger, block, before);
  release(state, block);
  return larger;
}

size_t usable(const void *block) { return block ? capacity(const_cast<void *>(block)) : 0; }

} // namespace

const JSMallocFunctions arena_functions = {allocate, release, resize, usable};

Roots &roots() { return arena().roots; }

bool making_snapshot() { return !arena().made; }

bool prepare_training() {
  // Above the segment and the C library's heap.
  constexpr size_t size = 16UL << 30;
  Arena &self = arena();
  start_arena(self);
  self.limit = begin_training(reinterpret_cast<char *>(size), size);
  return self.limit != nullptr;
}

bool lay_out_by(const std::string &profile) {
  Arena &self = arena();
  start_arena(self);
  layout = use_profile(profile, self.next);
  if (layout.end > self.end) return false;
  self.next = laid_out_end = layout.end;
  return true;
}

void end_snapshot() {
  Arena &self = arena();
  self.made = 1;
  // What is free lies everywhere: a new block there would cost the copy of a page.
  memset(self.free, 0, sizeof self.free);
}

bool forget_stack(JSRuntime *runtime) {
  JS_UpdateStackTop(runtime);
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  constexpr uintptr_t near = 16 << 20;
  auto *words = reinterpret_cast<uintptr_t *>(runtime);
  int found = 0;
  for (size_t i = 0; i < capacity(runtime) / sizeof *words; i++) {
    if (words[i] - (here - near) >= 2 * near) continue;
    words[i] = 0;
    found++;
  }
  // Its top, and how far it may go.
  return found == 2;
}

bool write_snapshot(const char *path, const char *offsets) {
  Arena &self = arena();
  end_snapshot();
  if (laid_out_end && others == 0) self.next = laid_out_end;
  const size_t size = (static_cast<size_t>(self.next - tsrunc_snapshot) + page - 1) & ~(page - 1);
  // What a command allocates is on new pages.
  self.next = self.end = self.limit = tsrunc_snapshot + size;
  std::string symbols;
  for (const auto &[name, end] : {std::pair("written", layout.written), {"written_often", layout.written_often}, {"read", layout.read},
                                  {"read_often", layout.read_often}}) {
    const size_t offset = end ? (static_cast<size_t>(end - tsrunc_snapshot) + page - 1) & ~(page - 1) : 0;
    symbols += std::string("tsrunc_heap_") + name + ' ' + std::to_string(offset) + '\n';
  }
  const std::string heap(tsrunc_snapshot, size);
  return !write_new(path, heap, 0600).failed() && !write_new(offsets, symbols, 0600).failed();
}

} // namespace tsrunc::quickjs
