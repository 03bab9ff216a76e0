#include "probe.h"

#include <algorithm>
#include <climits>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <vector>

namespace {

/** What opening a path for reading gives: the error, whether there is anything to read, whether a directory is empty. */
std::string reading(const std::string &path) {
  int file = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (file < 0) return error_name(errno);
  struct stat status {};
  fstat(file, &status);
  std::string answer;
  if (S_ISDIR(status.st_mode)) {
    DIR *directory = fdopendir(file);
    int entries = -2;
    while (directory && readdir(directory)) entries++;
    if (directory) closedir(directory);
    return entries > 0 ? "entries" : "no entries";
  }
  char byte;
  ssize_t count = read(file, &byte, 1);
  answer = count < 0 ? error_name(errno) : count == 0 ? "nothing" : "something";
  close(file);
  return answer;
}

/** What opening a path for writing gives; in a directory, making a file. */
std::string writing(const std::string &path) {
  int file = open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (file >= 0) {
    close(file);
    return "ok";
  }
  if (errno != EISDIR) return error_name(errno);
  std::string inner = path + "/.probe";
  file = open(inner.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return error_name(errno);
  close(file);
  unlink(inner.c_str());
  return "ok";
}

/** Directories whose names are the kernel's, and many. */
bool is_kernels(const std::string &path) {
  struct statfs status {};
  if (statfs(path.c_str(), &status) < 0) return true;
  switch (static_cast<unsigned long>(status.f_type)) {
    case 0x9fa0:      // proc
    case 0x62656572:  // sysfs
    case 0x27e0eb:    // cgroup
    case 0x63677270:  // cgroup2
      return true;
    default:
      return false;
  }
}

std::vector<std::string> names_in(const std::string &path) {
  std::vector<std::string> names;
  DIR *directory = opendir(path.c_str());
  if (!directory) return names;
  while (struct dirent *entry = readdir(directory))
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) names.push_back(entry->d_name);
  closedir(directory);
  std::sort(names.begin(), names.end());
  return names;
}

std::string owner_of(const struct stat &status) {
  char text[64];
  snprintf(text, sizeof text, "%06o %u:%u", status.st_mode, status.st_uid, status.st_gid);
  return text;
}

/** An entry of a directory, in words that don't hang on the runtime: type, mode, owner, device numbers, where a link leads. */
std::string entry_text(const std::string &path, const struct stat &status) {
  std::string text = owner_of(status);
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
    text += " " + std::to_string(major(status.st_rdev)) + ":" + std::to_string(minor(status.st_rdev));
    text += " " + reading(path) + " " + writing(path);
  }
  if (S_ISLNK(status.st_mode)) {
    char target[PATH_MAX];
    ssize_t length = readlink(path.c_str(), target, sizeof target);
    text += " -> " + (length < 0 ? error_name(errno) : std::string(target, static_cast<size_t>(length)));
  }
  return text;
}

void tell_tree(Json &json, const std::string &path, int depth) {
  if (depth == 0 || is_kernels(path)) return;
  for (const std::string &name : names_in(path)) {
    std::string inner = (path == "/" ? "" : path) + "/" + name;
    struct stat status {};
    if (lstat(inner.c_str(), &status) < 0) {
      json.member(inner.c_str(), error_name(errno));
      continue;
    }
    json.member(inner.c_str(), entry_text(inner, status));
    if (S_ISDIR(status.st_mode)) tell_tree(json, inner, depth - 1);
  }
}

const char *const closed_paths[] = {
    "/", "/proc", "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
    "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
    "/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/shmmax",
    "/proc/sysrq-trigger", "/proc/interrupts", "/proc/self", "/proc/self/status", "/proc/1/environ", "/proc/meminfo",
    "/proc/self/uid_map", "/proc/self/oom_score_adj", "/sys", "/sys/firmware", "/sys/kernel", "/sys/class",
    "/sys/devices/virtual/powercap", "/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu/cpu.shares",
    "/dev", "/dev/shm", "/dev/mqueue", "/dev/pts", "/dev/pts/ptmx", "/dev/console", "/tmp", "/etc", "/etc/passwd", "/data",
    "/data/file", "/data/sub", "/data/sub/file", "/link", "/link/file", "/file-link", "/home/user", "/mnt", "/mnt/one",
    "/mnt/one/file", "/mnt/one/inner/file", "/mnt/two", "/mnt/two/file", "/made", "/made/deep", "/made/deep/here",
};

void tell_closed(Json &json) {
  json.name("opens");
  json.open('{');
  for (const char *path : closed_paths) json.member(path, reading(path) + ", " + writing(path));
  json.close('}');
}

const char *const parameters[] = {
    "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax", "kernel/shmmni",
    "kernel/shm_rmid_forced", "kernel/hostname", "kernel/domainname", "kernel/cap_last_cap", "fs/mqueue/msg_max",
    "fs/mqueue/msgsize_max", "fs/mqueue/queues_max", "fs/mqueue/msg_default", "net/ipv4/ip_forward",
    "net/ipv4/ip_unprivileged_port_start", "net/ipv4/ping_group_range", "net/ipv4/ip_local_port_range",
    "net/core/somaxconn", "net/ipv6/conf/all/disable_ipv6", "net/ipv4/conf/lo/forwarding", "user/max_user_namespaces",
};

std::string first_line(const std::string &path) {
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return error_name(errno);
  char text[4096];
  ssize_t count = read(file, text, sizeof text);
  close(file);
  if (count < 0) return error_name(errno);
  std::string whole(text, static_cast<size_t>(count));
  return whole;
}

void tell_parameters(Json &json) {
  json.name("sysctl");
  json.open('{');
  for (const char *name : parameters) json.member(name, first_line(std::string("/proc/sys/") + name));
  json.close('}');
  json.member("cgroup", first_line("/proc/self/cgroup"));
}

/** Whether devices can be made and used that the container was given, and that it wasn't. */
void tell_nodes(Json &json) {
  static const struct {
    const char *name;
    mode_t type;
    unsigned major, minor;
  } nodes[] = {
      {"null", S_IFCHR, 1, 3},     {"mem", S_IFCHR, 1, 1},   {"full", S_IFCHR, 1, 7},   {"kmsg", S_IFCHR, 1, 11},
      {"console", S_IFCHR, 5, 1},  {"ptmx", S_IFCHR, 5, 2},  {"fuse", S_IFCHR, 10, 229}, {"tun", S_IFCHR, 10, 200},
      {"loop", S_IFBLK, 7, 0},     {"disk", S_IFBLK, 254, 0}, {"fifo", S_IFIFO, 0, 0},
  };
  json.name("nodes");
  json.open('{');
  for (const auto &node : nodes) {
    std::string path = std::string("/.node-") + node.name;
    std::string answer;
    if (mknod(path.c_str(), node.type | 0600, makedev(node.major, node.minor)) < 0) {
      answer = error_name(errno);
    } else {
      int read_only = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
      answer = "made, " + (read_only < 0 ? error_name(errno) : "read");
      if (read_only >= 0) close(read_only);
      int written = open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
      answer += ", " + (written < 0 ? error_name(errno) : "written");
      if (written >= 0) close(written);
      unlink(path.c_str());
    }
    json.member(node.name, answer);
  }
  json.close('}');
}

}  // namespace

void tell_files(Json &json) {
  json.name("tree");
  json.open('{');
  struct stat status {};
  json.member("/", stat("/", &status) < 0 ? error_name(errno) : owner_of(status));
  tell_tree(json, "/", 5);
  json.close('}');
  tell_closed(json);
  tell_parameters(json);
  tell_nodes(json);
}
