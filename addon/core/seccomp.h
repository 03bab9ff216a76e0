// Seccomp profiles to filters, by libseccomp.
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

Result<std::vector<int>> library_version();
Result<SeccompFilter> compile_filter(uint32_t default_action, const std::vector<uint32_t> &architectures,
                                     const std::vector<SeccompRule> &rules);
Result<std::vector<uint32_t>> kernel_seccomp();
Result<std::string> syscall_name(int number);

} // namespace tsrunc
