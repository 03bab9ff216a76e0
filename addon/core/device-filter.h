// The eBPF program that decides which devices a cgroup v2 may use.
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

Status attach_device_filter(const std::string &cgroup, const ByteSpan &program);

} // namespace tsrunc
