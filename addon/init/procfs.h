// The runtime's /proc. Everything in procfs is reached through the one descriptor init opened before it entered anything,
// so that no mount over /proc, and no other procfs, is ever written to (CVE-2019-16884, CVE-2025-52881).
#pragma once

#include "context.h"

// Opens /proc; a negative errno where it isn't a procfs.
int open_proc_root();

// 0 when the descriptor is of a procfs, EXDEV when it isn't.
long check_procfs(int descriptor);

// Opens a file or directory of procfs ("self/attr/exec"): no symlink that jumps, no mount in the way, and procfs again.
// /proc/self is an ordinary symlink to the pid that this process has in that procfs.
Descriptor open_proc(Context &context, const char *path, u32 flags);

// Writes text to a file of procfs in one write(2). Returns 0, or what Context::fail returns.
int write_proc(Context &context, const char *path, Str text);

// The same for a file below /proc/sys, with no way out of that directory.
int write_sysctl(Context &context, const char *path, Str text);
