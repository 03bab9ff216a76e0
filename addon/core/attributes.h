// Extended attributes of files: xattr(7).
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

Result<std::optional<std::string>> get_attribute(const std::string &path, const std::string &name);
Result<std::vector<std::optional<std::string>>> get_attributes(const std::vector<std::string> &paths,
                                                               const std::string &name);
Status set_attribute(const std::string &path, const std::string &name, const std::string &value, bool create);
Status remove_attribute(const std::string &path, const std::string &name);

} // namespace tsrunc
