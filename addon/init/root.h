// The directory that becomes the container's root.
#pragma once

#include "context.h"

// Makes the directory the root of every later step: keeps the descriptor. Returns 0 or a negative errno.
long set_root(Context &context, int descriptor);

// Whether the descriptor is the root itself.
bool is_root(const Context &context, const struct statx &status);
