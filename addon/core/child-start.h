// What the ways to start a program have in common: between clone3 and execve.
#pragma once

#include <string>
#include <vector>

namespace tsrunc {

// Why a child didn't become its program; lies in memory that its parent sees.
struct StartFailure {
  const char *syscall; // nullptr: it did
  int number;

  // Notes a negative errno; returns the child's exit status.
  int note(const char *call, long result) {
    syscall = call;
    number = static_cast<int>(-result);
    return 127;
  }
};

// In a child: 0 to count - 1 are the given descriptors (place_descriptors_raw in clone.h), and no other outlives execve. False
// when that failed.
bool arrange_descriptors_raw(StartFailure &failure, const int *sources, const int *targets, int *staged, int count);

// argv or environ of `texts`, which have to live as long.
std::vector<const char *> pointers(const std::vector<std::string> &texts);

} // namespace tsrunc
