// Argument vectors for execve(2).
#pragma once

#include "context.h"

// The strings and a nullptr. extra, where it isn't nullptr, comes last.
inline const char **vector(Strs texts, const char *extra = nullptr) {
  auto **items = static_cast<const char **>(allocate((texts.count + 2ull) * sizeof(char *)));
  u32 count = 0;
  for (const Str text : texts) items[count++] = text.data;
  if (extra != nullptr) items[count++] = extra;
  items[count] = nullptr;
  return items;
}
