// Which process of a runtime a tracee is.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <sys/types.h>

enum class Role {
  starting, // what is to be the command, before it executes it
  runtime,  // the command itself, every thread of it
  child,    // what it has cloned, until that executes something
  init,     // tsrunc's init, and what that forks until it executes something
  other,    // hooks, helpers and the container's processes: let go
};

const char *role_name(Role role);

struct Tracee {
  Role role = Role::other;
  // Its first stop came before the event that says whose child it is.
  bool unknown = true;
  // An answer is due at the end of the call that it is in.
  bool answering = false;
  // Of its first call: how deep the stack is at another.
  uint64_t stack = 0;
};

class Tracees {
public:
  Tracee &operator[](pid_t pid) { return all_[pid]; }
  bool has(pid_t pid) const { return all_.count(pid) != 0; }
  void forget(pid_t pid) { all_.erase(pid); }
  bool empty() const { return all_.empty(); }
  const std::map<pid_t, Tracee> &all() const { return all_; }

  // The role of what a tracee has cloned.
  Role role_of_child(Role parent, pid_t child) const;
  // The role of a tracee that has just executed something.
  Role role_of_executed(Role before, pid_t pid) const;

private:
  std::map<pid_t, Tracee> all_;
};
