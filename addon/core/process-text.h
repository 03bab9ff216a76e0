// Texts about processes and users that others have written, in part or as a whole.
#pragma once

#include <optional>
#include <string>

#include "types.h"

namespace tsrunc {

// /proc/PID/stat, where the process has chosen its name; nothing where the text isn't of that form.
std::optional<ProcessStat> parse_process_stat(const std::string &line);

// The user's name in the text of /etc/passwd; nothing where there is none of that uid.
std::optional<std::string> name_in_passwd(const std::string &text, uint32_t uid);

} // namespace tsrunc
