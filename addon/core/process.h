// This process and others.
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

Result<std::vector<double>> identity();
Result<std::vector<std::string>> system_name();
Result<std::vector<double>> read_clock(bool monotonic);
Result<std::optional<std::string>> user_name(uint32_t uid);
Result<int> set_umask(int mask);
Status set_subreaper(bool on);

Result<std::optional<ProcessStat>> process_stat(int pid);
Result<int> pidfd_open(int pid);
Status pidfd_signal(int pidfd, int signal);
Status send_signal(int pid, int signal);
Result<std::optional<int>> wait_process(int pidfd, bool no_hang);
Result<int> pidfd_get_fd(int pidfd, int fd);

} // namespace tsrunc
