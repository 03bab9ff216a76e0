// /proc/self/mountinfo.
#pragma once

#include "context.h"

struct MountEntry {
  // Mount point, unescaped, NUL-terminated.
  const char *path;
  Str type;
};

class MountTable {
public:
  // Reads the table. Returns 0 or a negative errno.
  long read(Context &context);
  // The next mount; false at the end.
  bool next(MountEntry &entry);

private:
  char *at_ = nullptr;
  char *end_ = nullptr;
};
