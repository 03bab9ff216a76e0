// What the caller of tsrunc had, before Node changed it: noted by addon/launcher.
#pragma once

#include <cstdint>

#include "result.h"
#include "types.h"

namespace tsrunc {

struct CallerState {
  uint64_t nofile_soft = 0;
  uint64_t nofile_hard = 0;
  // Bit n - 1 is signal n, as the kernel has it. Node's own mask is no clue to it, so none without a launcher.
  uint64_t blocked_signals = 0;
  // Those above 2; without a launcher looked for when they are asked for.
  std::optional<std::vector<int>> fds;
};

// From the variable TSRUNC_CALLER; without a launcher what this process has.
const CallerState &caller_state();

// Gives this process as many descriptors as it may have: what tsrunc needs doesn't depend on the caller's soft limit. Node does
// so by itself.
void raise_file_limit();

Result<Inherited> inherited();

} // namespace tsrunc
