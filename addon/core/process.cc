#include "process.h"

#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "files.h"
#include "owned-descriptor.h"
#include "process-text.h"
#include "read-ahead.h"

namespace tsrunc {

Result<std::vector<double>> identity() {
  uid_t real_uid = 0, effective_uid = 0, saved_uid = 0;
  gid_t real_gid = 0, effective_gid = 0, saved_gid = 0;
  getresuid(&real_uid, &effective_uid, &saved_uid);
  getresgid(&real_gid, &effective_gid, &saved_gid);
  return std::vector<double>{static_cast<double>(real_uid),      static_cast<double>(effective_uid),
                             static_cast<double>(real_gid),      static_cast<double>(effective_gid),
                             static_cast<double>(getpid()),      static_cast<double>(getppid())};
}

Result<std::vector<std::string>> system_name() {
  utsname name;
  if (uname(&name) < 0) return failure("uname");
  return std::vector<std::string>{name.sysname, name.nodename, name.release, name.version, name.machine};
}

Result<std::vector<double>> read_clock(bool monotonic) {
  const timespec now = time_of(monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME);
  return std::vector<double>{static_cast<double>(now.tv_sec), static_cast<double>(now.tv_nsec)};
}

Result<std::optional<std::string>> user_name(uint32_t uid) {
  // Read here and not by getpwuid: a static executable can't load the C library's name services.
  auto text = read_file_if_exists("/etc/passwd", 16 << 20);
  if (text.failed()) return text.error();
  if (!text.value()) return std::optional<std::string>();
  return name_in_passwd(*text.value(), uid);
}

Result<int> set_umask(int mask) { return static_cast<int>(umask(static_cast<mode_t>(mask))); }

Status set_subreaper(bool on) {
  if (prctl(PR_SET_CHILD_SUBREAPER, on ? 1 : 0, 0, 0, 0) < 0) return failure("prctl");
  return Done{};
}

Result<std::optional<ProcessStat>> process_stat(int pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  if (auto before = take_read_ahead(path))
    if (auto stat = parse_process_stat(*before)) return stat;
  // ESRCH: the process went between open and read.
  const auto failed = [&](const char *syscall) -> Result<std::optional<ProcessStat>> {
    if (errno == ENOENT || errno == ESRCH) return std::optional<ProcessStat>();
    return failure(syscall, path);
  };
  OwnedDescriptor fd(retried([&] { return open_path(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!fd.valid()) return failed("open");
  // One line of some fifty numbers, which the kernel gives whole.
  char line[4096];
  const ssize_t size = retried([&] { return read(fd.get(), line, sizeof line); });
  if (size < 0) return failed("read");
  std::optional<ProcessStat> stat = parse_process_stat(std::string(line, static_cast<size_t>(size)));
  if (!stat) return Error{"read", EIO, path};
  return stat;
}

Result<int> pidfd_open(int pid) {
  int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return failure("pidfd_open");
  return fd;
}

Status pidfd_signal(int pidfd, int signal) {
  if (syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) < 0) return failure("pidfd_send_signal");
  return Done{};
}

Status send_signal(int pid, int signal) {
  if (kill(pid, signal) < 0) return failure("kill");
  return Done{};
}

Result<std::optional<int>> wait_process(int pidfd, bool no_hang) {
  siginfo_t info = {};
  const int options = WEXITED | (no_hang ? WNOHANG : 0);
  if (retried([&] { return waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, options); }) < 0) return failure("waitid");
  if (info.si_pid == 0) return std::optional<int>();
  return std::optional<int>(info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status);
}

Result<int> pidfd_get_fd(int pidfd, int fd) {
  int copy = static_cast<int>(syscall(SYS_pidfd_getfd, pidfd, fd, 0));
  if (copy < 0) return failure("pidfd_getfd");
  return copy;
}

} // namespace tsrunc
