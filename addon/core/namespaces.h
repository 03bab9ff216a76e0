// Namespaces as descriptors.
#pragma once

#include <cstdint>

#include "result.h"

namespace tsrunc {

Result<uint32_t> namespace_type(int fd);
Result<int> user_namespace(const std::string &uid_map, const std::string &gid_map);

} // namespace tsrunc
