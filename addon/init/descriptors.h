// Which descriptors stay open how long.
#pragma once

#include "context.h"

// Closes everything but stdio, the preserved descriptors, the socket, those of wait-start, and the root. After this nothing
// is open that leads to a directory of the host (CVE-2024-21626), and whatever is open is CLOEXEC. Runs once, before the seccomp
// filter is loaded (which may forbid close_range) or before ready, whichever is first.
int seal(Context &context);

// Sets RLIMIT_NOFILE to the caller's, which is not init's (context.h). Returns a negative errno when that failed.
long give_file_limit(const Context &context);

// Closes the root, which `seal` left for the working directory.
void close_root(Context &context);

// /proc/self/fd itself: "<n>" relative to it is the descriptor n, whatever the path of that may be by now.
Descriptor open_descriptor_directory(Context &context);

// The name of a descriptor in that directory.
struct DescriptorName {
  char text[12];
  explicit DescriptorName(int descriptor);
};
