// Says all that a process can see of the container that it is in, a line each, so that two containers can be compared.
// argv: [--to FILE | --outside FILE] NAME=INODE... (namespaces of the host); or --wait, to be there until it is killed;
// or --end N, to write a line and end with that status. --outside
// for a process whose root is the host's still: without mounts and files.
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <vector>

namespace {

std::string text;

[[gnu::format(printf, 1, 2)]] void say(const char *format, ...) {
  char line[8192];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  text += line;
  text += '\n';
}

std::string read_file(const std::string &path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return strerror(errno);
  std::string all;
  char part[4096];
  for (ssize_t count; (count = read(fd, part, sizeof part)) > 0;) all.append(part, static_cast<size_t>(count));
  close(fd);
  return all;
}

std::string link_of(const std::string &path) {
  char target[4096];
  const ssize_t size = readlink(path.c_str(), target, sizeof target);
  return size < 0 ? strerror(errno) : std::string(target, static_cast<size_t>(size));
}

void say_file(const char *path) { say("%s: %s", path, read_file(path).c_str()); }

void say_status() {
  static const char *const wanted[] = {"Umask:",      "Uid:",    "Gid:",    "Groups:",     "SigBlk:",   "SigIgn:",
                                       "SigCgt:",     "CapInh:", "CapPrm:", "CapEff:",     "CapBnd:",   "CapAmb:",
                                       "NoNewPrivs:", "Seccomp", "THP",     "Cpus_allowed", "Mems_allowed"};
  const std::string status = read_file("/proc/self/status");
  for (size_t at = 0; at < status.size();) {
    const size_t end = status.find('\n', at);
    const std::string line = status.substr(at, end - at);
    for (const char *start : wanted)
      if (line.rfind(start, 0) == 0) say("%s", line.c_str());
    at = end + 1;
  }
}

void say_process() {
  char directory[4096] = "";
  say("cwd %s", getcwd(directory, sizeof directory) ? directory : strerror(errno));
  say("first of its session %d, of its group %d, parent %d", getsid(0) == getpid(), getpgid(0) == getpid(), getppid() != 0);
  for (const int option : {PR_GET_DUMPABLE, PR_GET_KEEPCAPS, PR_GET_SECUREBITS, PR_GET_TIMERSLACK, PR_GET_NO_NEW_PRIVS})
    say("prctl %d: %d", option, prctl(option, 0, 0, 0, 0));
  say("personality %#lx", syscall(SYS_personality, 0xffffffff));
  for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
    rlimit limit = {};
    getrlimit(static_cast<__rlimit_resource>(resource), &limit);
    say("rlimit %d: %lld %lld", resource, static_cast<long long>(limit.rlim_cur), static_cast<long long>(limit.rlim_max));
  }
  struct {
    unsigned size, policy;
    unsigned long long flags;
    int nice;
    unsigned priority;
    unsigned long long times[3];
  } scheduling = {};
  syscall(SYS_sched_getattr, 0, &scheduling, sizeof scheduling, 0);
  say("scheduler %u %#llx nice %d priority %u", scheduling.policy, scheduling.flags, scheduling.nice, scheduling.priority);
  say("io priority %ld", syscall(SYS_ioprio_get, 1, 0));
  int mode = 0;
  unsigned long nodes[16] = {};
  syscall(SYS_get_mempolicy, &mode, nodes, 8 * sizeof nodes, nullptr, 0);
  say("memory policy %d %#lx", mode, nodes[0]);
  char keyring[256] = "";
  const long described = syscall(SYS_keyctl, 6 /* DESCRIBE */, -3 /* session */, keyring, sizeof keyring);
  say("session keyring %s", described < 0 ? strerror(errno) : keyring);
  for (char **variable = environ; *variable; variable++) say("environment %s", *variable);
  say("mkdirat %s", mkdirat(-1, "forbidden", 0) < 0 ? strerror(errno) : "");
}

void say_namespaces(char **host) {
  for (; *host; host++) {
    const std::string name(*host, strcspn(*host, "="));
    struct stat status = {};
    if (stat(("/proc/self/ns/" + name).c_str(), &status) < 0) say("namespace %s: %s", name.c_str(), strerror(errno));
    else say("namespace %s: %s", name.c_str(), std::to_string(status.st_ino) == *host + name.size() + 1 ? "the host's" : "own");
  }
  utsname names;
  uname(&names);
  say("hostname %s, domainname %s", names.nodename, names.domainname);
  ifreq interface = {};
  strcpy(interface.ifr_name, "lo");
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (ioctl(fd, SIOCGIFFLAGS, &interface) < 0) say("lo: %s", strerror(errno));
  else say("lo is %s", interface.ifr_flags & IFF_UP ? "up" : "down");
  close(fd);
  for (const char *path :
       {"/proc/self/timens_offsets", "/proc/self/uid_map", "/proc/self/gid_map", "/proc/self/setgroups",
        "/proc/self/oom_score_adj", "/proc/self/cgroup", "/proc/self/attr/current", "/proc/sys/kernel/msgmax",
        "/proc/sys/net/ipv4/ip_unprivileged_port_start", "/proc/sys/fs/mqueue/msg_max"})
    say_file(path);
}

void say_descriptors() {
  for (int fd = 0; fd < 64; fd++) {
    struct stat status;
    if (fstat(fd, &status) < 0) continue;
    struct stat devices = {};
    stat("/dev", &devices);
    say("descriptor %d: flags %#x %#x, mode %#o, device %#lx, owner %u:%u, of /dev %d, %s", fd, fcntl(fd, F_GETFL), fcntl(fd, F_GETFD),
        status.st_mode, static_cast<unsigned long>(status.st_rdev), status.st_uid, status.st_gid,
        status.st_dev == devices.st_dev, link_of("/proc/self/fd/" + std::to_string(fd)).c_str());
    winsize size = {};
    if (isatty(fd)) say("terminal %d %d, ours %d", ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_row : -1, size.ws_col, tcgetpgrp(fd) == getpgrp());
  }
}

// Ids of mounts and peer groups are the machine's: by the order in which they come.
void say_mounts() {
  std::vector<std::string> ids;
  const auto index = [&](const std::string &id) {
    for (size_t i = 0; i < ids.size(); i++)
      if (ids[i] == id) return i;
    ids.push_back(id);
    return ids.size() - 1;
  };
  const std::string table = read_file("/proc/self/mountinfo");
  for (size_t at = 0; at < table.size();) {
    const size_t end = table.find('\n', at);
    std::string line;
    int field = 0;
    for (size_t start = at; start < end; field++) {
      size_t stop = table.find(' ', start);
      if (stop > end) stop = end;
      const std::string word = table.substr(start, stop - start);
      const size_t colon = word.find(':');
      if (field < 2) line += std::to_string(index(word));
      else if (field == 2) line += "dev";
      else if (field > 5 && colon != std::string::npos && field < 9)
        line += word.substr(0, colon + 1) + std::to_string(index(word.substr(0, colon + 1) + word.substr(colon + 1)));
      else line += word;
      line += ' ';
      start = stop + 1;
    }
    say("mount %s", line.c_str());
    at = end + 1;
  }
}

void say_tree(const std::string &directory, int depth) {
  if (directory == "/proc" || directory == "/sys" || depth > 6) return;
  dirent **entries = nullptr;
  const int count = scandir(directory.empty() ? "/" : directory.c_str(), &entries, nullptr, alphasort);
  if (count < 0) say("file %s/: %s", directory.c_str(), strerror(errno));
  for (int i = 0; i < count; i++) {
    const std::string name = entries[i]->d_name;
    free(entries[i]);
    if (name == "." || name == "..") continue;
    const std::string path = directory + "/" + name;
    struct stat status;
    if (lstat(path.c_str(), &status) < 0) continue;
    // What hooks write has a length of its own.
    const bool said = path.find("/hooks/") != std::string::npos;
    const std::string target = S_ISLNK(status.st_mode) ? " -> " + link_of(path) : "";
    say("file %s mode %#o owner %u:%u device %#lx size %lld%s", path.c_str(), status.st_mode, status.st_uid, status.st_gid,
        static_cast<unsigned long>(status.st_rdev), S_ISREG(status.st_mode) && !said ? static_cast<long long>(status.st_size) : 0,
        target.c_str());
    if (S_ISDIR(status.st_mode)) say_tree(path, depth + 1);
  }
  free(entries);
}

} // namespace

int main(int argc, char **argv) {
  int out = 1;
  int next = 1;
  if (argc > 1 && strcmp(argv[1], "--wait") == 0) pause();
  if (argc > 2 && strcmp(argv[1], "--end") == 0) return puts("here") < 0 || fflush(stdout) != 0 ? 255 : atoi(argv[2]);
  const bool outside = argc > 2 && strcmp(argv[1], "--outside") == 0;
  if (outside || (argc > 2 && strcmp(argv[1], "--to") == 0)) {
    out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    next = 3;
  }
  say_descriptors();
  say_status();
  say_process();
  say_namespaces(argv + next);
  if (!outside) {
    say_mounts();
    say_tree("", 0);
  }
  for (size_t done = 0; done < text.size();) {
    const ssize_t count = write(out, text.data() + done, text.size() - done);
    if (count <= 0) return 1;
    done += static_cast<size_t>(count);
  }
  return 0;
}
