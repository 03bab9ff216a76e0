// A new file system: fsopen, fsconfig, fsmount.
#pragma once

#include "mount.h"

class Filesystem {
public:
  explicit Filesystem(Context &context) : context_(context) {}

  // Each returns 0, or what Context::fail returns, with what the kernel logged about it.
  int open(Str type);
  // "key=value" or "key".
  int set(Str parameter);
  int set(const char *key, const char *value);
  // Makes the superblock and a detached mount of it.
  int create(u64 attributes, Descriptor &mount);

private:
  Context &context_;
  Descriptor descriptor_;
  Str type_{"", 0};

  int fail(const char *call, long result, Str about);
};
