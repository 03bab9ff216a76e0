#include "seccomp.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <memory>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "owned-descriptor.h"

namespace tsrunc {

namespace {

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

// libseccomp gives negative errnos.
Error library_failure(const char *function, int result, std::string about = {}) {
  return Error{function, -result, {}, std::move(about)};
}

std::vector<scmp_arg_cmp> comparisons(const std::vector<SeccompArgument> &args) {
  std::vector<scmp_arg_cmp> list;
  for (const SeccompArgument &arg : args) {
    scmp_arg_cmp one = {};
    one.arg = arg.index;
    one.op = static_cast<scmp_compare>(arg.op);
    one.datum_a = strtoull(arg.value.c_str(), nullptr, 0);
    one.datum_b = strtoull(arg.value_two.c_str(), nullptr, 0);
    list.push_back(one);
  }
  return list;
}

bool names_an_argument_twice(const std::vector<scmp_arg_cmp> &list) {
  for (size_t i = 0; i < list.size(); i++)
    for (size_t j = 0; j < i; j++)
      if (list[i].arg == list[j].arg) return true;
  return false;
}

int add_rule(const Filter &filter, uint32_t action, int number, const std::vector<scmp_arg_cmp> &list) {
  if (!names_an_argument_twice(list))
    return seccomp_rule_add_array(filter.get(), action, number, static_cast<unsigned>(list.size()), list.data());
  // libseccomp takes each argument once a rule. Profiles mean "or" by it: every comparison becomes its own rule.
  for (const scmp_arg_cmp &one : list)
    if (int result = seccomp_rule_add_array(filter.get(), action, number, 1, &one); result < 0) return result;
  return 0;
}

Result<std::vector<uint8_t>> export_program(const Filter &filter) {
  // seccomp_export_bpf_mem came with 2.6 only.
  OwnedDescriptor fd(memfd_create("tsrunc-seccomp", MFD_CLOEXEC));
  if (!fd.valid()) return failure("memfd_create");
  if (int result = seccomp_export_bpf(filter.get(), fd.get()); result < 0)
    return library_failure("seccomp_export_bpf", result);
  const off_t size = lseek(fd.get(), 0, SEEK_END);
  if (size < 0) return failure("lseek");
  std::vector<uint8_t> program(static_cast<size_t>(size));
  const ssize_t count = retried([&] { return pread(fd.get(), program.data(), program.size(), 0); });
  if (count < 0) return failure("pread");
  if (count != size) return Error{"pread", EIO, {}};
  return program;
}

} // namespace

Result<std::vector<int>> library_version() {
  const scmp_version *version = seccomp_version();
  return std::vector<int>{static_cast<int>(version->major), static_cast<int>(version->minor),
                          static_cast<int>(version->micro)};
}

Result<SeccompFilter> compile_filter(uint32_t default_action, const std::vector<uint32_t> &architectures,
                                     const std::vector<SeccompRule> &rules) {
  Filter filter(seccomp_init(default_action), seccomp_release);
  if (!filter) return Error{"seccomp_init", EINVAL, {}};
  for (uint32_t architecture : architectures) {
    int result = seccomp_arch_add(filter.get(), architecture);
    // The native one is there from the start.
    if (result < 0 && result != -EEXIST) return library_failure("seccomp_arch_add", result);
  }
  // A balanced tree of the syscalls, where a long list would be gone through one by one. Only a matter of speed.
  seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);

  SeccompFilter compiled;
  for (const SeccompRule &rule : rules) {
    const std::vector<scmp_arg_cmp> list = comparisons(rule.args);
    for (const std::string &name : rule.syscalls) {
      const int number = seccomp_syscall_resolve_name(name.c_str());
      if (number == __NR_SCMP_ERROR) {
        if (std::find(compiled.unknown.begin(), compiled.unknown.end(), name) == compiled.unknown.end())
          compiled.unknown.push_back(name);
        continue;
      }
      // libseccomp refuses rules that do what is done anyway (EACCES); runc leaves them out too.
      if (rule.action == default_action) continue;
      if (int result = add_rule(filter, rule.action, number, list); result < 0)
        return library_failure("seccomp_rule_add", result, name);
    }
  }
  auto program = export_program(filter);
  if (program.failed()) return program.error();
  compiled.program.data = std::move(program.value());
  return compiled;
}

// [flags, actions]: flags as the kernel's SECCOMP_FILTER_FLAG_* bits. Bit n of actions is the nth of: kill process, kill
// thread, trap, errno, user notification, trace, log, allow (seccomp(2), in that order).
Result<std::vector<uint32_t>> kernel_seccomp() {
  uint32_t flags = 0;
  for (uint32_t bit = 0; bit < 8; bit++) {
    const uint32_t flag = 1u << bit;
    // SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is taken with a listener only.
    const uint32_t asked = flag == 32 ? flag | SECCOMP_FILTER_FLAG_NEW_LISTENER : flag;
    // With a filter at no address: EFAULT for known flags, EINVAL for others, and nothing is loaded.
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, asked, nullptr) < 0 && errno == EFAULT) flags |= flag;
  }
  constexpr uint32_t known[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO,
                                SECCOMP_RET_USER_NOTIF,   SECCOMP_RET_TRACE,       SECCOMP_RET_LOG,  SECCOMP_RET_ALLOW};
  uint32_t actions = 0;
  for (uint32_t i = 0; i < sizeof known / sizeof *known; i++)
    if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &known[i]) == 0) actions |= 1u << i;
  return std::vector<uint32_t>{flags, actions};
}

Result<std::string> syscall_name(int number) {
  std::unique_ptr<char, decltype(&free)> name(seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), free);
  return name ? std::string(name.get()) : std::string();
}

} // namespace tsrunc
