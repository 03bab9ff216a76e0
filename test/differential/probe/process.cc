#include "probe.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <csignal>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

void tell_ids(Json &json) {
  uid_t real, effective, saved;
  getresuid(&real, &effective, &saved);
  json.member("uid", std::to_string(real) + "," + std::to_string(effective) + "," + std::to_string(saved));
  gid_t real_group, effective_group, saved_group;
  getresgid(&real_group, &effective_group, &saved_group);
  json.member("gid", std::to_string(real_group) + "," + std::to_string(effective_group) + "," +
                         std::to_string(saved_group));
  static gid_t groups[65536];
  int count = getgroups(65536, groups);
  json.name("groups");
  json.open('[');
  for (int i = 0; i < count; i++) json.number(groups[i]);
  json.close(']');
  mode_t mask = umask(0);
  umask(mask);
  json.member("umask", mask);
}

void tell_limits(Json &json) {
  json.name("limits");
  json.open('{');
  for (unsigned which = 0; which < RLIM_NLIMITS; which++) {
    struct rlimit64 limit {};
    long result = syscall(SYS_prlimit64, 0, which, nullptr, &limit);
    std::string text = result == 0 ? std::to_string(limit.rlim_cur) + ":" + std::to_string(limit.rlim_max)
                                   : error_name(errno);
    json.member(std::to_string(which).c_str(), text);
  }
  json.close('}');
}

struct SchedulingAttributes {
  unsigned size, policy;
  unsigned long long flags;
  int nice;
  unsigned priority;
  unsigned long long runtime, deadline, period;
  unsigned clamp_least, clamp_most;
};

void tell_scheduling(Json &json) {
  SchedulingAttributes attributes{};
  json.name("scheduler");
  json.open('{');
  json.outcome("result", syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0));
  json.member("policy", attributes.policy);
  json.member("flags", static_cast<long long>(attributes.flags));
  json.member("nice", attributes.nice);
  json.member("priority", attributes.priority);
  json.member("runtime", static_cast<long long>(attributes.runtime));
  json.member("deadline", static_cast<long long>(attributes.deadline));
  json.member("period", static_cast<long long>(attributes.period));
  json.close('}');
  json.outcome("ioPriority", syscall(SYS_ioprio_get, 1, 0));
  unsigned long cpus[16]{};
  long bytes = syscall(SYS_sched_getaffinity, 0, sizeof cpus, cpus);
  json.outcome("affinity", bytes < 0 ? bytes : static_cast<long long>(cpus[0]));
  int mode = -1;
  long result = syscall(SYS_get_mempolicy, &mode, nullptr, 0, nullptr, 0);
  json.outcome("memoryPolicy", result < 0 ? result : mode);
}

void tell_attributes(Json &json) {
  json.outcome("personality", personality(0xffffffff));
  json.outcome("noNewPrivileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  json.outcome("dumpable", prctl(PR_GET_DUMPABLE));
  json.outcome("securebits", prctl(PR_GET_SECUREBITS));
  json.outcome("timerSlack", prctl(PR_GET_TIMERSLACK));
  int value = 0;
  json.outcome("parentDeathSignal", prctl(PR_GET_PDEATHSIG, &value) < 0 ? -1 : value);
  json.outcome("subreaper", prctl(PR_GET_CHILD_SUBREAPER, &value) < 0 ? -1 : value);
  json.member("leadsSession", getsid(0) == getpid());
  json.member("leadsGroup", getpgrp() == getpid());
  json.member("pid1", getpid() == 1);
  json.member("parentInside", getppid() != 0);
}

void tell_signals(Json &json) {
  json.name("signals");
  json.open('{');
  sigset_t blocked;
  sigprocmask(SIG_BLOCK, nullptr, &blocked);
  std::string mask, other;
  for (int number = 1; number < NSIG; number++) {
    struct sigaction action {};
    if (sigismember(&blocked, number) == 1) mask += std::to_string(number) + " ";
    if (sigaction(number, nullptr, &action) == 0 && action.sa_handler != SIG_DFL) other += std::to_string(number) + " ";
  }
  json.member("blocked", mask);
  json.member("notDefault", other);
  json.close('}');
}

void tell_keyring(Json &json) {
  char text[512]{};
  long result = syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, text, sizeof text - 1);
  json.member("sessionKeyring", result < 0 ? error_name(errno) : text);
  json.outcome("keyringNumber", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0));
}

const char *kind_of(mode_t mode) {
  if (S_ISREG(mode)) return "file";
  if (S_ISDIR(mode)) return "directory";
  if (S_ISCHR(mode)) return "device";
  return "other";
}

void tell_descriptors(Json &json) {
  json.name("descriptors");
  json.open('{');
  for (int descriptor = 0; descriptor < 256; descriptor++) {
    int flags = fcntl(descriptor, F_GETFD);
    if (flags < 0) continue;
    struct stat status {};
    fstat(descriptor, &status);
    json.member(std::to_string(descriptor).c_str(), std::string(kind_of(status.st_mode)) + (flags ? " cloexec" : ""));
  }
  json.close('}');
}

}  // namespace

void tell_process(Json &json) {
  tell_ids(json);
  tell_limits(json);
  tell_scheduling(json);
  tell_attributes(json);
  tell_signals(json);
  tell_keyring(json);
  tell_descriptors(json);
}
