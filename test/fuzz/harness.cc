#include "harness.h"

#include <cstdio>
#include <cstdlib>
#include <sanitizer/allocator_interface.h>

namespace {

// What an input may have of the heap at any one time.
constexpr int64_t most_memory = 64 << 20;

int64_t live;
int64_t peak;
int64_t peak_of_all;

void note_allocation(const volatile void *, size_t size) {
  live += static_cast<int64_t>(size);
  if (live <= peak) return;
  peak = live;
  if (peak > most_memory) {
    live = peak = 0;
    require(false, "an input takes more than 64 MiB");
  }
}

void note_release(const volatile void *block) {
  if (block) live -= static_cast<int64_t>(__sanitizer_get_allocated_size(const_cast<const void *>(block)));
}

void say_peak() { fprintf(stderr, "stat::peak_heap_kib: %lld\n", static_cast<long long>((peak_of_all + 1023) / 1024)); }

} // namespace

void require(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "does not hold: %s\n", what);
  abort();
}

extern "C" int LLVMFuzzerInitialize(int *, char ***) {
  __sanitizer_install_malloc_and_free_hooks(note_allocation, note_release);
  atexit(say_peak);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  live = peak = 0;
  try_input(data, size);
  if (peak > peak_of_all) peak_of_all = peak;
  return 0;
}
