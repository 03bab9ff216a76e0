// Whole files and names in directories.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include "result.h"
#include "types.h"

namespace tsrunc {

// How a file is opened to be read whole. O_NONBLOCK, since a FIFO without a writer would make us wait to open it, and a terminal would be waited
// for to be typed on.
constexpr int to_be_read = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

Result<std::string> read_file(const std::string &path, double limit);
Result<std::optional<std::string>> read_file_if_exists(const std::string &path, double limit);
Status write_existing(const std::string &path, const std::string &data);
Result<int> write_each(const std::string &path, const std::vector<std::string> &values);
Status write_new(const std::string &path, const std::string &data, uint32_t mode);
Status write_atomic(const std::string &path, const std::string &data, uint32_t mode);
Status append_file(const std::string &path, const std::string &data, uint32_t mode);

Status make_directory(const std::string &path, uint32_t mode);
Status remove_directory(const std::string &path);
Status remove_file(const std::string &path);
Status rename_file(const std::string &from, const std::string &to);
Status make_fifo(const std::string &path, uint32_t mode);
Result<bool> has_reader(const std::string &fifo);
Status make_symlink(const std::string &target, const std::string &path);
Result<std::string> read_link(const std::string &path);
Result<std::string> real_path(const std::string &path);
Result<std::vector<std::string>> read_directory(const std::string &path);
Result<std::optional<FileStat>> stat_path(const std::string &path, bool follow);
FileStat file_stat(const struct stat &found);
Status change_mode(const std::string &path, uint32_t mode);
Status change_owner(const std::string &path, uint32_t uid, uint32_t gid);
Result<double> file_system_type(const std::string &path);

} // namespace tsrunc
