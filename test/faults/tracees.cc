#include "tracees.h"

#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace {

bool is_thread(pid_t pid) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE *file = fopen(path, "re");
  int group = pid;
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "Tgid: %d", &group) == 1) break;
  if (file) fclose(file);
  return group != pid;
}

bool executes_init(pid_t pid) {
  char path[64], target[256];
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  const ssize_t size = readlink(path, target, sizeof target - 1);
  if (size < 0) return false;
  target[size] = 0;
  return strstr(target, "memfd:tsrunc-init") != nullptr;
}

} // namespace

const char *role_name(Role role) {
  switch (role) {
    case Role::runtime: return "runtime";
    case Role::child: return "child";
    case Role::init: return "init";
    default: return "other";
  }
}

Role Tracees::role_of_child(Role parent, pid_t child) const {
  if (parent != Role::runtime) return parent;
  return is_thread(child) ? Role::runtime : Role::child;
}

Role Tracees::role_of_executed(Role before, pid_t pid) const {
  // bin/tsrunc-node executes another program.
  if (before == Role::starting || before == Role::runtime) return Role::runtime;
  return before == Role::child && executes_init(pid) ? Role::init : Role::other;
}
