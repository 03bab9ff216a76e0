// malloc of bin/tsrunc, in the place of musl's, which gives freed memory of some pages back at once: a command reads some
// twenty small files, and each would cost a mapping and its page faults anew. What is free here is kept for the next block
// of its size; commands are short, and those that aren't ask for the same sizes again and again. One thread allocates:
// those of clone.cc make system calls only.
#include "allocation.h"

#include "first-pages.h"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sys/mman.h>
#include <utility>

namespace {

constexpr size_t grain = 16;
constexpr size_t small = 256;         // up to here in steps of a grain, above in four steps to each doubling
constexpr size_t large = 128 << 10;   // above this with pages of its own
constexpr size_t chunk = 1 << 20;
constexpr size_t most_filled = 32 << 20; // what is still larger may never be used in full
constexpr size_t most_kept = 4 << 20;    // of blocks with pages of their own; larger ones are given back at once
constexpr size_t classes = 17 + 4 * 9;

struct alignas(grain) Block {
  size_t room;
  Block *next; // while it is free
};

char *fresh = tsrunc_first_chunk;
char *fresh_end = tsrunc_first_chunk + tsrunc_first_chunk_size;
Block *free_blocks[classes];
// The blocks with pages of their own that were freed last: a text goes through several of about its size, one after the other, and making
// pages anew takes longer than filling them.
Block *kept[8];
unsigned next_kept;

size_t class_of(size_t size) {
  if (size <= small) return (size + grain - 1) / grain;
  const auto power = static_cast<size_t>(63 - __builtin_clzl(size - 1));
  return 17 + 4 * (power - 8) + ((size - 1) >> (power - 2)) % 4;
}

size_t room_of(size_t kind) {
  if (kind < 17) return kind * grain;
  const size_t power = 8 + (kind - 17) / 4;
  return (size_t{1} << power) + ((kind - 17) % 4 + 1) * (size_t{1} << (power - 2));
}

// With `filled`, its pages are there at once: a page fault each takes several times as long.
void *map(size_t size, bool filled) {
  const int populate = filled && size <= most_filled ? MAP_POPULATE : 0;
  void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | populate, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

// Makes a block with pages of its own larger; what it holds isn't copied.
Block *remap(Block *block, size_t size) {
  const size_t before = sizeof(Block) + block->room;
  void *memory = mremap(block, before, sizeof(Block) + size, MREMAP_MAYMOVE);
  if (memory == MAP_FAILED) return nullptr;
  auto *larger = static_cast<Block *>(memory);
  larger->room = size;
  if (size <= most_filled) tsrunc::make_pages(static_cast<char *>(memory) + before, sizeof(Block) + size - before);
  return larger;
}

void unmap(Block *block) {
  const int number = errno;
  munmap(block, sizeof(Block) + block->room);
  errno = number;
}

// With pages of its own; `used` tells whether it may hold something.
Block *take_large(size_t size, bool &used) {
  for (Block *&block : kept) {
    if (!block || block->room < size || block->room / 2 > size) continue;
    used = true;
    return std::exchange(block, nullptr);
  }
  used = false;
  auto *block = static_cast<Block *>(map(sizeof(Block) + size, true));
  if (block) block->room = size;
  return block;
}

void keep_or_unmap(Block *block) {
  if (block->room > most_kept) return unmap(block);
  Block *&place = kept[next_kept++ % (sizeof kept / sizeof kept[0])];
  if (place) unmap(place);
  place = block;
}

Block *take_fresh(size_t size) {
  if (size > static_cast<size_t>(fresh_end - fresh)) {
    auto *memory = static_cast<char *>(map(chunk, false));
    if (!memory) return nullptr;
    fresh = memory;
    fresh_end = memory + chunk;
  }
  auto *block = reinterpret_cast<Block *>(fresh);
  fresh += size;
  return block;
}

Block *block_of(void *memory) { return static_cast<Block *>(memory) - 1; }

// `used` tells whether it may hold something: what the kernel has just mapped is zero.
void *allocate(size_t size, bool &used) {
  Block *block = nullptr;
  if (size > large) {
    if (size <= PTRDIFF_MAX - sizeof(Block)) block = take_large(size, used);
  } else {
    const size_t kind = class_of(size > 0 ? size : 1);
    const size_t room = room_of(kind);
    block = free_blocks[kind];
    if (block) free_blocks[kind] = block->next;
    else block = take_fresh(sizeof(Block) + room);
    if (block) block->room = room;
    used = true;
  }
  if (block) return block + 1;
  errno = ENOMEM;
  return nullptr;
}

} // namespace

alignas(4096) [[gnu::section(".bss.late.library")]] char tsrunc_first_chunk[tsrunc_first_chunk_size];

void tsrunc::make_pages(const void *from, size_t size) {
  // Since Linux 5.14; without it each page comes when it is written to, as always.
  constexpr int populate_write = 23;
  constexpr uintptr_t page = 4096;
  const auto start = reinterpret_cast<uintptr_t>(from) & ~(page - 1);
  madvise(reinterpret_cast<void *>(start), reinterpret_cast<uintptr_t>(from) + size - start, populate_write);
}

extern "C" {

void *malloc(size_t size) {
  bool used;
  return allocate(size, used);
}

void free(void *memory) {
  if (!memory) return;
  Block *block = block_of(memory);
  if (block->room > large) return keep_or_unmap(block);
  Block *&head = free_blocks[class_of(block->room)];
  block->next = head;
  head = block;
}

void *calloc(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  bool used;
  void *memory = allocate(bytes, used);
  return memory && used ? memset(memory, 0, bytes) : memory;
}

void *realloc(void *memory, size_t size) {
  if (!memory) return malloc(size);
  const size_t room = block_of(memory)->room;
  if (size <= room) return memory;
  if (room > large && size <= PTRDIFF_MAX - sizeof(Block)) {
    Block *block = remap(block_of(memory), size);
    if (!block) errno = ENOMEM;
    return block ? block + 1 : nullptr;
  }
  void *larger = malloc(size);
  if (!larger) return nullptr;
  memcpy(larger, memory, room);
  free(memory);
  return larger;
}

// As glibc's: gives back what is kept.
int malloc_trim(size_t) {
  for (Block *&block : kept)
    if (block) unmap(std::exchange(block, nullptr));
  return 1;
}

size_t malloc_usable_size(void *memory) { return memory ? block_of(memory)->room : 0; }

} // extern "C"
