#include "attributes.h"

#include <climits>
#include <sys/xattr.h>

namespace tsrunc {

Result<std::optional<std::string>> get_attribute(const std::string &path, const std::string &name) {
  // Room for a path and a little more: what is longer is none of ours (ERANGE).
  char value[PATH_MAX + 256];
  ssize_t size = lgetxattr(path.c_str(), name.c_str(), value, sizeof value);
  if (size >= 0) return std::optional<std::string>(std::string(value, static_cast<size_t>(size)));
  if (errno == ENODATA) return std::optional<std::string>();
  return failure("lgetxattr", path);
}

Result<std::vector<std::optional<std::string>>> get_attributes(const std::vector<std::string> &paths,
                                                               const std::string &name) {
  std::vector<std::optional<std::string>> values;
  for (const std::string &path : paths) {
    Result<std::optional<std::string>> value = get_attribute(path, name);
    values.push_back(value.failed() ? std::nullopt : std::move(value.value()));
  }
  return values;
}

Status set_attribute(const std::string &path, const std::string &name, const std::string &value, bool create) {
  if (lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), create ? XATTR_CREATE : 0) < 0)
    return failure("lsetxattr", path);
  return Done{};
}

Status remove_attribute(const std::string &path, const std::string &name) {
  if (lremovexattr(path.c_str(), name.c_str()) < 0 && errno != ENODATA) return failure("lremovexattr", path);
  return Done{};
}

} // namespace tsrunc
