// File systems, new ones and such as are mounted: fsopen or fspick, then fsconfig.
#pragma once

#include "mount.h"

class Filesystem {
public:
  explicit Filesystem(Context &context) : context_(context) {}

  // Each returns 0, or what Context::fail returns, with what the kernel logged about it.
  int open(Str type);
  // The file system of a mount, to change it. No flag of a mount is touched, and of the file system what is set alone.
  int pick(int mount, Str path);
  // "key=value" or "key".
  int set(Str parameter);
  int set(const char *key, const char *value);
  // Makes the superblock and a detached mount of it.
  int create(u64 attributes, Descriptor &mount);
  // Makes what was set since pick so.
  int reconfigure();

private:
  Context &context_;
  Descriptor descriptor_;
  // Of a new file system.
  Str type_{"", 0};
  // Where one that is changed is mounted.
  Str path_{"", 0};

  int fail(const char *call, long result, Str path, Str words);
};
