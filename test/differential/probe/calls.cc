#include "probe.h"

#include <csignal>
#include <cstdint>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct Trial {
  const char *name;
  long number;
  long arguments[4];
};

constexpr long bad = -1;

/**
 * Calls that change nothing: with arguments that the kernel refuses, or that only ask. The ones that compare arguments come with
 * several, as profiles have rules for them.
 */
const Trial trials[] = {
    {"getppid", SYS_getppid, {}},
    {"mount", SYS_mount, {0, 0, 0, 0}},
    {"umount2", SYS_umount2, {0, bad}},
    {"unshare 0", SYS_unshare, {0}},
    {"setns", SYS_setns, {bad, 0}},
    {"ptrace", SYS_ptrace, {bad, 1, 0, 0}},
    {"bpf", SYS_bpf, {bad, 0, 0}},
    {"keyctl", SYS_keyctl, {bad}},
    {"add_key", SYS_add_key, {0, 0, 0, 0}},
    {"request_key", SYS_request_key, {0, 0, 0, 0}},
    {"perf_event_open", SYS_perf_event_open, {0, 0, 0, 0}},
    {"reboot", SYS_reboot, {0, 0, 0, 0}},
    {"kexec_load", SYS_kexec_load, {0, 17, 0, bad}},
    {"init_module", SYS_init_module, {0, 0, 0}},
    {"delete_module", SYS_delete_module, {0, 0}},
    {"swapon", SYS_swapon, {0, 0}},
    {"sethostname", SYS_sethostname, {0, bad}},
    {"settimeofday", SYS_settimeofday, {0, 0}},
    {"acct", SYS_acct, {1}},
    {"chroot", SYS_chroot, {0}},
    {"pivot_root", SYS_pivot_root, {0, 0}},
    {"personality 0", SYS_personality, {0}},
    {"personality 8", SYS_personality, {8}},
    {"personality ask", SYS_personality, {0xffffffff}},
    {"socket inet", SYS_socket, {2, 1, 0}},
    {"socket netlink", SYS_socket, {16, 3, 0}},
    {"socket vsock", SYS_socket, {40, 1, 0}},
    {"socket large", SYS_socket, {0x100000002, 1, 0}},
    {"kill 0", SYS_kill, {1, 0}},
    {"mkdirat", SYS_mkdirat, {bad, 0, 0}},
    {"fchmod", SYS_fchmod, {bad, 0777}},
    {"fchmod setuid", SYS_fchmod, {bad, 04777}},
    {"fchmodat", SYS_fchmodat, {bad, 0, 0}},
    {"setuid same", SYS_setresuid, {bad, bad, bad}},
    {"setgroups", SYS_setgroups, {70000, 0}},
    {"capset", SYS_capset, {0, 0}},
    {"nanosleep", SYS_nanosleep, {0, 0}},
    {"clone3", SYS_clone3, {0, 0}},
    {"openat2", SYS_openat2, {bad, 0, 0, 0}},
    {"pidfd_open", SYS_pidfd_open, {bad, 0}},
    {"fsopen", SYS_fsopen, {0, bad}},
    {"open_tree", SYS_open_tree, {bad, 0, 0}},
    {"io_uring_setup", SYS_io_uring_setup, {0, 0}},
    {"userfaultfd", SYS_userfaultfd, {bad}},
    {"name_to_handle_at", SYS_name_to_handle_at, {bad, 0, 0, 0}},
    {"open_by_handle_at", SYS_open_by_handle_at, {bad, 0, 0}},
    {"process_vm_readv", SYS_process_vm_readv, {bad, 0, 0, 0}},
    {"syslog", SYS_syslog, {bad, 0, 0}},
    {"futex_waitv", 449, {0, 0, bad, 0}},
    {"cachestat", 451, {bad, 0, 0, 1}},
    {"listmount", 458, {0, 0, 0, 1}},
    {"newer than all", 600, {}},
    {"no such call", 5000, {}},
    // Last: what follows would be done in the new namespaces.
    {"unshare mount", SYS_unshare, {CLONE_NEWNS}},
    {"unshare user", SYS_unshare, {CLONE_NEWUSER}},
};
constexpr int count = sizeof trials / sizeof *trials;

struct Answer {
  long result;
  int error;
  bool came;
};

/** Makes the calls from `first` on, in a child: one of them may be its end. */
void call_from(int first, Answer *answers) {
  for (int i = first; i < count; i++) {
    const Trial &trial = trials[i];
    long result = syscall(trial.number, trial.arguments[0], trial.arguments[1], trial.arguments[2], trial.arguments[3]);
    answers[i].error = result < 0 ? errno : 0;
    answers[i].result = result;
    answers[i].came = true;
  }
  _exit(0);
}

#ifdef __x86_64__
/** getpid of the 32-bit ABI; what a filter that knows only the other makes of it. */
[[noreturn]] void call_of_32_bits() {
  long result;
  asm volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
  _exit(result > 0 ? 0 : 1);
}

[[noreturn]] void call_of_x32() {
  long result = syscall(0x40000000 + SYS_getpid);
  _exit(result > 0 ? 0 : errno == ENOSYS ? 2 : 1);
}

void tell_other_abi(Json &json, const char *name, void (*call)()) {
  pid_t child = fork();
  if (child == 0) call();
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) < 0)
    json.member(name, error_name(errno));
  else
    json.member(name, WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                          : std::to_string(WEXITSTATUS(status)));
}
#endif

}  // namespace

void tell_calls(Json &json) {
  json.name("calls");
  json.open('{');
  void *shared = mmap(nullptr, sizeof(Answer) * count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  Answer *answers = static_cast<Answer *>(shared);
  for (int next = 0; shared != MAP_FAILED && next < count;) {
    pid_t child = fork();
    if (child == 0) call_from(next, answers);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0) {
      json.member("fork", error_name(errno));
      break;
    }
    for (; next < count && answers[next].came; next++)
      json.member(trials[next].name, answers[next].result < 0 ? error_name(answers[next].error) : "ok");
    if (next < count) {
      json.member(trials[next].name,
                  WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) : "ended");
      next++;
    }
  }
#ifdef __x86_64__
  tell_other_abi(json, "32-bit ABI", call_of_32_bits);
  tell_other_abi(json, "x32 ABI", call_of_x32);
#endif
  json.close('}');
}
