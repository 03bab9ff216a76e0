// System calls of a tracee.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <sys/types.h>

// A call as the points name it: its number and, where one number stands for many calls, the argument that says which.
struct Call {
  long number = -1;
  long which = 0;
  bool operator<(const Call &other) const {
    return number != other.number ? number < other.number : which < other.which;
  }
  bool operator==(const Call &other) const { return number == other.number && which == other.which; }
};

enum class Side { entry, exit, none };

// From where in a program a call comes.
struct Place {
  uint64_t instruction = 0;
  uint64_t stack = 0;
};

// At which side of a call a tracee has stopped, and at its entry which call that is.
Side stopped_at(pid_t pid, Call &call, Place &place);

// At the entry: has the kernel do nothing instead. The answer is set at the exit.
bool skip_call(pid_t pid);
bool set_answer(pid_t pid, long value);
