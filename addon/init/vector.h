// Argument vectors for execve(2).
#pragma once

#include "context.h"

// Bytes that `vector` needs for texts.
inline u64 vector_size(Strs texts) { return (texts.count + 2ull) * sizeof(char *); }

// The strings and a nullptr. extra, where it isn't nullptr, comes last.
inline const char **vector(void *memory, Strs texts, const char *extra = nullptr) {
  auto **items = static_cast<const char **>(memory);
  u32 count = 0;
  for (const Str text : texts) items[count++] = text.data;
  if (extra != nullptr) items[count++] = extra;
  items[count] = nullptr;
  return items;
}
