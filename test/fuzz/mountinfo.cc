// Init's reader of /proc/self/mountinfo, in which users have chosen paths and sources.
// First: the C library's headers would hide what the kernel's have.
#include "../../addon/init/mountinfo.h"

#include "harness.h"

namespace {

u64 sum(Str text) {
  u64 sum = 0;
  for (u32 i = 0; i < text.size; i++) sum += static_cast<u8>(text.data[i]);
  return sum;
}

} // namespace

void try_input(const uint8_t *data, size_t size) {
  auto *text = new char[size + 1];
  memcpy(text, data, size);
  MountTable table(text, size);
  MountEntry entry;
  size_t count = 0, lines = 1;
  for (size_t i = 0; i < size; i++) lines += data[i] == '\n';
  volatile u64 touched = 0;
  while (table.next(entry)) {
    count++;
    touched = touched + strlen(entry.path) + sum(entry.type) + sum(entry.options) + sum(entry.superblock);
  }
  require(count <= lines, "no line is more than one mount");
  delete[] text;
}
