#include "children.h"

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// The name of a living process that is a child of ours; empty for any other.
std::string name_if_ours(pid_t pid) {
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "re");
  if (!file) return {};
  const bool got = fgets(line, sizeof line, file) != nullptr;
  fclose(file);
  char *begin = got ? strchr(line, '(') : nullptr;
  char *end = got ? strrchr(line, ')') : nullptr;
  char state;
  int parent;
  if (!begin || !end || sscanf(end + 1, " %c %d", &state, &parent) != 2) return {};
  if (parent != getpid() || state == 'Z' || state == 'X') return {};
  return std::string(begin + 1, end);
}

} // namespace

std::vector<Child> children(pid_t except) {
  std::vector<Child> found;
  DIR *directory = opendir("/proc");
  while (const dirent *entry = readdir(directory)) {
    const pid_t pid = isdigit(static_cast<unsigned char>(*entry->d_name)) ? atoi(entry->d_name) : 0;
    if (pid == 0 || pid == except) continue;
    const std::string name = name_if_ours(pid);
    if (!name.empty()) found.push_back({pid, name});
  }
  closedir(directory);
  return found;
}

std::vector<Child> children_left(pid_t except, size_t expected) {
  constexpr int rounds = 200;
  constexpr timespec pause = {0, 5'000'000};
  for (int round = 0;; round++) {
    std::vector<Child> found = children(except);
    if (found.size() <= expected) return {};
    if (round == rounds) return found;
    nanosleep(&pause, nullptr);
    for (const Child &child : found) waitpid(child.pid, nullptr, WNOHANG);
  }
}
