// Starts the container's init and talks to it.
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

Result<SpawnedInit> spawn_init(uint32_t clone_flags, int cgroup, const std::vector<int> &stdio, int preserve,
                               const std::vector<int> &slots);
Status send_bytes(int socket, const ByteSpan &data);
// A string of UTF-8 whose characters, up to U+00FF, are the bytes.
Status send_text(int socket, const std::string &data);
Result<std::optional<InitMessage>> receive_message(int socket);

} // namespace tsrunc
