// Stands for a container towards the caller: its signals, its terminal, its exit status.
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

Result<ForegroundResult> stand_in_foreground(const ForegroundOptions &options);

} // namespace tsrunc
