// Paths in the container's root file system. All of them are resolved by the kernel, confined to the root
// (openat2, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS): no check of the text of a path would hold against somebody who
// changes the tree meanwhile. What comes back is a descriptor, and only that is used from then on.
#pragma once

#include "context.h"

enum class Kind { directory, file };

// Opens path in the root, O_PATH. resolve: more RESOLVE_* bits; flags: O_NOFOLLOW, O_DIRECTORY, or an opening for real.
Descriptor open_in_root(Context &context, const char *path, u32 flags, u64 resolve = 0);

// Opens path in the root, O_PATH, and makes what is missing: directories above it with 0755, itself with mode. A symlink that
// leads nowhere yet is followed within the root. made: whether the last component was made; a file that was made is open for writing instead.
Descriptor make_in_root(Context &context, Str path, Kind kind, u32 mode, u64 resolve, bool &made);

// A path's last component, and its directory in the root, made if missing.
struct Place {
  Descriptor directory;
  char name[256];
};
// Returns 0 or a negative errno; EINVAL for a path that ends in nothing, `.` or `..`. resolve: more RESOLVE_* bits.
long open_place(Context &context, Str path, Place &place, u64 resolve = 0);

// Opens `name` in directory, O_PATH, and nothing else: ELOOP for a symlink.
Descriptor open_exactly(int directory, const char *name, u32 flags = 0);

// Sets the mode of what an O_PATH descriptor refers to. Returns 0 or a negative errno.
long change_mode(Context &context, int descriptor, u32 mode);
