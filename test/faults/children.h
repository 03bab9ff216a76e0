// Processes that have become ours, as the nearest subreaper.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

struct Child {
  pid_t pid;
  std::string name;
};

// The living ones, without `except`.
std::vector<Child> children(pid_t except);

// Waits a moment for all but `expected` of them to end, and reaps those. Returns what is left when those are more, without `except`.
std::vector<Child> children_left(pid_t except, size_t expected);
