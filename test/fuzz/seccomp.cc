// Seccomp profiles, as the planner hands them on: it checks names and ranges, here anything may stand.
#include "harness.h"

#include <algorithm>
#include <seccomp.h>

#include "../../addon/core/seccomp.h"
#include "input.h"

namespace {

constexpr uint32_t actions[] = {
    SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(1),   SCMP_ACT_ERRNO(38), SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD,
    SCMP_ACT_TRAP,  SCMP_ACT_TRACE(7),   SCMP_ACT_LOG,       SCMP_ACT_NOTIFY,
};
constexpr uint32_t architectures[] = {
    SCMP_ARCH_X86_64, SCMP_ARCH_X86,     SCMP_ARCH_X32,   SCMP_ARCH_AARCH64,   SCMP_ARCH_ARM,    SCMP_ARCH_MIPS64,
    SCMP_ARCH_S390X,  SCMP_ARCH_PPC64LE, SCMP_ARCH_PARISC, SCMP_ARCH_RISCV64, SCMP_ARCH_NATIVE,
};
constexpr const char *names[] = {
    "read",     "write",   "openat",  "clone",   "clone3",     "socket",   "socketcall", "ipc",        "shmget",
    "semctl",   "accept4", "connect", "ptrace",  "personality", "prctl",   "futex",      "ioctl",      "mmap",
    "mmap2",    "stat",    "stat64",  "time",    "arch_prctl", "_llseek",  "set_tls",    "breakpoint", "no_such_call",
    "syscall",  "exit",    "execve",  "memfd_create",
};

tsrunc::SeccompArgument argument_of(Input &in) {
  tsrunc::SeccompArgument argument;
  argument.index = in.below(16) == 0 ? in.number<uint32_t>() : static_cast<uint32_t>(in.below(7));
  argument.op = in.below(16) == 0 ? in.number<uint32_t>() : static_cast<uint32_t>(in.below(9));
  argument.value = in.below(16) == 0 ? in.text() : std::to_string(in.number<uint64_t>());
  argument.value_two = std::to_string(in.number<uint64_t>());
  return argument;
}

tsrunc::SeccompRule rule_of(Input &in) {
  tsrunc::SeccompRule rule;
  rule.action = in.below(16) == 0 ? in.number<uint32_t>() : in.one_of(actions);
  for (size_t count = in.below(6); count > 0; count--)
    rule.syscalls.push_back(in.below(32) == 0 ? in.text() : std::string(in.one_of(names)));
  for (size_t count = in.below(16); count > 11; count--) rule.args.push_back(argument_of(in));
  return rule;
}

// Compares several arguments, and not all for equality. The planner gives such a rule a filter of its own
// (src/plan/seccomp/seccomp-comparisons.ts): beside others libseccomp gets it wrong, or builds a tree that has no end.
bool wants_own_filter(const tsrunc::SeccompRule &rule) {
  const auto by_order = [](const tsrunc::SeccompArgument &arg) { return arg.op != SCMP_CMP_EQ && arg.op != SCMP_CMP_MASKED_EQ; };
  return rule.args.size() > 1 && std::any_of(rule.args.begin(), rule.args.end(), by_order);
}

} // namespace

void try_input(const uint8_t *data, size_t size) {
  Input in(data, size);
  const uint32_t fallback = in.below(16) == 0 ? in.number<uint32_t>() : in.one_of(actions);
  std::vector<uint32_t> wanted;
  for (size_t count = in.below(5); count > 0; count--)
    wanted.push_back(in.below(32) == 0 ? in.number<uint32_t>() : in.one_of(architectures));
  std::vector<tsrunc::SeccompRule> rules;
  while (in.left() > 0) {
    tsrunc::SeccompRule rule = rule_of(in);
    const bool alone = wants_own_filter(rule);
    if (!alone || rules.empty()) rules.push_back(std::move(rule));
    if (alone) break;
  }
  auto filter = tsrunc::compile_filter(fallback, wanted, rules);
  if (filter.failed()) {
    require(filter.error().number > 0 && filter.error().syscall[0] != 0, "a failure says what failed");
    return;
  }
  const size_t length = filter.value().program.data.size();
  require(length > 0 && length % 8 == 0, "a filter is whole instructions");
}
