// /proc/self/mountinfo.
#pragma once

#include "context.h"

struct MountEntry {
  // The mount's id, as statx(2) has it.
  u64 id;
  // Mount point, unescaped, NUL-terminated.
  const char *path;
  Str type;
  // Words with commas between: of the mount, and of its file system.
  Str options;
  Str superblock;
};

class MountTable {
public:
  MountTable() = default;
  // A table that was read, into memory that has a byte of room behind it and is written to.
  MountTable(char *text, u64 size) : at_(text), end_(text + size) {}

  // Reads the table. Returns 0 or a negative errno.
  long read(Context &context);
  // The next mount; false at the end.
  bool next(MountEntry &entry);

private:
  // Each is read once: the path is unescaped in place.
  char *at_ = nullptr;
  char *end_ = nullptr;
};
