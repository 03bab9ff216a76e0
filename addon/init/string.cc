// What the compiler calls on its own. With a libc (TSRUNC_HOSTED) they are there already.
#ifndef TSRUNC_HOSTED

#include "types.h"

// Otherwise the compiler sees what each loop does and makes it a call of itself.
#ifndef __clang__
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

extern "C" {

void *memcpy(void *to, const void *from, usize size) noexcept {
  auto *out = static_cast<u8 *>(to);
  auto *in = static_cast<const u8 *>(from);
  while (size--) *out++ = *in++;
  return to;
}

void *memmove(void *to, const void *from, usize size) noexcept {
  auto *out = static_cast<u8 *>(to);
  auto *in = static_cast<const u8 *>(from);
  if (out <= in) return memcpy(to, from, size);
  while (size--) out[size] = in[size];
  return to;
}

void *memset(void *to, int byte, usize size) noexcept {
  auto *out = static_cast<u8 *>(to);
  while (size--) *out++ = static_cast<u8>(byte);
  return to;
}

int memcmp(const void *a, const void *b, usize size) noexcept {
  auto *x = static_cast<const u8 *>(a);
  auto *y = static_cast<const u8 *>(b);
  for (; size--; x++, y++)
    if (*x != *y) return *x < *y ? -1 : 1;
  return 0;
}

usize strlen(const char *text) noexcept {
  usize size = 0;
  while (text[size]) size++;
  return size;
}
}

#endif
