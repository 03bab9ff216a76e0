// Which of the newer system calls the running kernel has.
#pragma once

#include <string>
#include <vector>

#include "result.h"

namespace tsrunc {

// "NAME ERRNO" for each call: the answer to arguments that it refuses before it does anything.
Result<std::vector<std::string>> kernel_calls();

} // namespace tsrunc
