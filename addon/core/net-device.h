// Network devices of the host for a container (runtime-spec 1.3, config-linux, network devices).
#pragma once

#include "result.h"

namespace tsrunc {

// `wanted` is its name there, or a template with %d for a number.
Status move_net_device(const std::string &name, int pid, const std::string &wanted);

} // namespace tsrunc
