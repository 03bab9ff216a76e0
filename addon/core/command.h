// Runs a program to its end.
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

Result<CommandResult> run_command(const std::string &path, const std::vector<std::string> &args,
                                  const std::vector<std::string> &env, const std::string &cwd,
                                  const std::string &input, double timeout, double output_limit);

// The same with descriptors for what it writes to stdout and stderr, in place of the answer; -1: none.
Result<CommandResult> run_command_to(const std::string &path, const std::vector<std::string> &args,
                                     const std::vector<std::string> &env, const std::string &cwd,
                                     const std::string &input, double timeout, double output_limit,
                                     const std::vector<int> &output);

} // namespace tsrunc
