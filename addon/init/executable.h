// What stands in the way of executing a file.
#pragma once

#include "context.h"

// More about the errno that execve gave for path: the interpreter that is missing, the mount that forbids it. Adds to the
// failure's text, or adds nothing.
void explain_failure(Context &context, const char *path, long result);
