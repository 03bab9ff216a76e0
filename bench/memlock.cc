// Runs a command for which raising RLIMIT_MEMLOCK succeeds, whether or not it does. crun 1.8.1 raises it before it loads a filter of devices,
// and gives up where it may not, as root without CAP_SYS_RESOURCE. Kernels since 5.11 don't look at the limit then, and later cruns go on.
// Where the limit can be raised, nothing is done. usage: memlock COMMAND [ARG...]
#include <cstddef>
#include <cstdio>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

bool can_raise() {
  rlimit before = {};
  getrlimit(RLIMIT_MEMLOCK, &before);
  const rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_MEMLOCK, &none) == -1) return false;
  setrlimit(RLIMIT_MEMLOCK, &before);
  return true;
}

constexpr unsigned data(size_t offset) { return static_cast<unsigned>(offset); }

// An errno of 0 is success. The kernel remembers which system calls the filter always allows: the others cost what they did.
int pretend() {
  constexpr unsigned number = data(offsetof(seccomp_data, nr));
  constexpr unsigned resource = data(offsetof(seccomp_data, args[1]));
  constexpr unsigned new_limit = data(offsetof(seccomp_data, args[2]));
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, number),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_prlimit64, 0, 6),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, resource),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RLIMIT_MEMLOCK, 0, 4),
      // Both halves of the pointer, the order of which doesn't matter.
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, new_limit),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, new_limit + 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
  };
  const sock_fprog filter = {sizeof program / sizeof program[0], program};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  if (!can_raise() && pretend() == -1) {
    perror("memlock: a filter");
    return 1;
  }
  execv(argv[1], argv + 1);
  perror("memlock");
  return 127;
}
