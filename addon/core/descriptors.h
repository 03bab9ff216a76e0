// Descriptors: opened, read, written, waited on.
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

Result<int> open_file(const std::string &path, uint32_t flags, uint32_t mode);
Status close_descriptor(int fd);
Status write_descriptor(int fd, const std::string &data);
Status write_all(int fd, const char *data, size_t size);
Result<Bytes> read_bytes(int fd, uint32_t limit);
Result<std::optional<std::string>> read_descriptor(int fd, uint32_t limit);
Result<FileStat> stat_descriptor(int fd);
Result<bool> lock_file(int fd, int operation);
Result<std::vector<int>> poll_descriptors(const std::vector<int> &fds, const std::vector<int> &events, double timeout);
Result<int> event_descriptor();
Result<bool> is_terminal(int fd);

} // namespace tsrunc
