// malloc of bin/tsrunc, in the place of musl's, which gives freed memory of some pages back at once: a command reads some
// twenty small files, and each would cost a mapping and its page faults anew. What is free here is kept for the next block
// of its size; commands are short, and those that aren't ask for the same sizes again and again. One thread allocates:
// those of clone.cc make system calls only.
#include "allocation.h"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sys/mman.h>

namespace {

constexpr size_t grain = 16;
constexpr size_t small = 256;         // up to here in steps of a grain, above in four steps to each doubling
constexpr size_t large = 128 << 10;   // above this pages of its own, that are given back
constexpr size_t chunk = 1 << 20;
constexpr size_t classes = 17 + 4 * 9;

struct alignas(grain) Block {
  size_t room;
  Block *next; // while it is free
};

alignas(grain) char first_chunk[256 << 10];
char *fresh = first_chunk;
char *fresh_end = first_chunk + sizeof first_chunk;
Block *free_blocks[classes];

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

void *map(size_t size) {
  void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

Block *take_fresh(size_t size) {
  if (size > static_cast<size_t>(fresh_end - fresh)) {
    auto *memory = static_cast<char *>(map(chunk));
    if (!memory) return nullptr;
    fresh = memory;
    fresh_end = memory + chunk;
  }
  auto *block = reinterpret_cast<Block *>(fresh);
  fresh += size;
  return block;
}

Block *block_of(void *memory) { return static_cast<Block *>(memory) - 1; }

} // namespace

const char *tsrunc::unused_heap() { return fresh; }

extern "C" {

void *malloc(size_t size) {
  if (size > PTRDIFF_MAX - sizeof(Block)) {
    errno = ENOMEM;
    return nullptr;
  }
  Block *block;
  size_t room = size;
  if (size > large) {
    block = static_cast<Block *>(map(sizeof(Block) + size));
  } else {
    const size_t kind = class_of(size > 0 ? size : 1);
    room = room_of(kind);
    block = free_blocks[kind];
    if (block) free_blocks[kind] = block->next;
    else block = take_fresh(sizeof(Block) + room);
  }
  if (!block) {
    errno = ENOMEM;
    return nullptr;
  }
  block->room = room;
  return block + 1;
}

void free(void *memory) {
  if (!memory) return;
  Block *block = block_of(memory);
  if (block->room > large) {
    const int kept = errno;
    munmap(block, sizeof(Block) + block->room);
    errno = kept;
    return;
  }
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
  void *memory = malloc(bytes);
  // What the kernel has just mapped is zero.
  return memory && bytes <= large ? memset(memory, 0, bytes) : memory;
}

void *realloc(void *memory, size_t size) {
  if (!memory) return malloc(size);
  const size_t room = block_of(memory)->room;
  if (size <= room) return memory;
  void *larger = malloc(size);
  if (!larger) return nullptr;
  memcpy(larger, memory, room);
  free(memory);
  return larger;
}

size_t malloc_usable_size(void *memory) { return memory ? block_of(memory)->room : 0; }

} // extern "C"
