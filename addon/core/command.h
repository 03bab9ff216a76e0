// Runs a program to its end.
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

Result<CommandResult> run_command(const std::string &path, const std::vector<std::string> &args,
                                  const std::vector<std::string> &env, const std::string &cwd,
                                  const std::string &input, double timeout, double output_limit);

} // namespace tsrunc
