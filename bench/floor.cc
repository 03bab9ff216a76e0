// The floor: what the kernel alone takes for the container of `runc spec`. Makes its namespaces, mounts, devices, masked
// and read-only paths, pivots, drops what it drops, executes the process, waits for it, and does nothing else: no
// configuration, no cgroup of its own, no state, no check.
// usage: floor ROOTFS PROGRAM [HIERARCHY...]   the controllers of each hierarchy of cgroup v1, where the host has that
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

void check(bool fine, const char *what) {
  if (fine) return;
  perror(what);
  _exit(1);
}

void mounted(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
  mkdir(target, 0755);
  check(mount(source, target, type, flags, data) == 0, target);
}

void device(const char *path, unsigned major, unsigned minor) {
  check(mknod(path, S_IFCHR | 0666, makedev(major, minor)) == 0, path);
}

/** The container's /sys/fs/cgroup: the v2 hierarchy, or a directory with these of v1. */
void cgroups(char **hierarchies) {
  constexpr unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RELATIME;
  const char *directory = "sys/fs/cgroup";
  if (!*hierarchies) {
    check(mount("cgroup", directory, "cgroup2", flags | MS_RDONLY, nullptr) == 0, directory);
    return;
  }
  check(mount("tmpfs", directory, "tmpfs", flags, "mode=755") == 0, directory);
  for (; *hierarchies; hierarchies++) {
    char path[4096];
    const char *name = strncmp(*hierarchies, "name=", 5) == 0 ? *hierarchies + 5 : *hierarchies;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    mounted("cgroup", path, "cgroup", flags | MS_RDONLY, *hierarchies);
  }
  check(mount(nullptr, directory, nullptr, flags | MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0, directory);
}

void container(const char *rootfs, const char *program, char **hierarchies) {
  check(mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0, "propagation");
  check(mount(rootfs, rootfs, nullptr, MS_BIND | MS_REC, nullptr) == 0, "rootfs");
  check(chdir(rootfs) == 0, "chdir");
  mounted("proc", "proc", "proc", 0, nullptr);
  mounted("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
  mounted("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5");
  mounted("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777,size=65536k");
  mounted("mqueue", "dev/mqueue", "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, nullptr);
  mounted("sysfs", "sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, nullptr);
  cgroups(hierarchies);
  device("dev/null", 1, 3);
  device("dev/zero", 1, 5);
  device("dev/full", 1, 7);
  device("dev/random", 1, 8);
  device("dev/urandom", 1, 9);
  device("dev/tty", 5, 0);
  check(syscall(SYS_pivot_root, ".", ".") == 0, "pivot_root");
  check(umount2(".", MNT_DETACH) == 0, "umount");
  static const char *const masked[] = {"/proc/acpi",        "/proc/asound",       "/proc/kcore",       "/proc/keys",
                                       "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
                                       "/sys/firmware",     "/proc/scsi"};
  for (const char *path : masked) {
    struct stat info;
    if (stat(path, &info) != 0) continue;
    if (S_ISDIR(info.st_mode)) mount("tmpfs", path, "tmpfs", MS_RDONLY, nullptr);
    else mount("/dev/null", path, nullptr, MS_BIND, nullptr);
  }
  static const char *const readonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  for (const char *path : readonly) {
    if (mount(path, path, nullptr, MS_BIND | MS_REC, nullptr) == 0)
      mount(path, path, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr);
  }
  check(mount(nullptr, "/", nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0, "read-only root");
  check(sethostname("floor", 5) == 0, "hostname");
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  char *const args[] = {const_cast<char *>(program), nullptr};
  char *const environment[] = {nullptr};
  execve(program, args, environment);
  check(false, program);
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  clone_args clone = {};
  clone.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  clone.exit_signal = SIGCHLD;
  const long pid = syscall(SYS_clone3, &clone, sizeof clone);
  check(pid >= 0, "clone3");
  if (pid == 0) container(argv[1], argv[2], argv + 3);
  int status = 0;
  check(waitpid(static_cast<pid_t>(pid), &status, 0) == pid, "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
