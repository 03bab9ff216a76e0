// What stands in the way of executing a file.
#pragma once

#include "context.h"

// Remarks why execve gave this errno for path, as far as the errno itself doesn't say: here the file can be looked at, and nobody
// else explains it. Adds to the failure, or adds nothing.
void explain_failure(Context &context, const char *path, long result);
