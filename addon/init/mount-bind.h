// Trees to bind.
#pragma once

#include "context.h"

// The tree to attach: that of a slot (which is empty then), or with no_slot the source, cloned by its path in this mount
// namespace. One that was cloned before this namespace was made still has the propagation of the runtime's mounts: it gets what
// tree-propagation gave to every mount here. Returns 0, or what Context::fail returns.
int take_source(Context &context, u32 slot, Str source, bool recursive, bool no_follow, Descriptor &tree);
