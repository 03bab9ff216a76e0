// The filter of the process.
#pragma once

#include "context.h"

// Loads it for this process and what it becomes. Returns what seccomp(2) does: a listener's descriptor, 0 or a negative errno.
long load_filter(const Filter &filter);
