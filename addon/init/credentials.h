// Ids of this process.
#pragma once

#include "context.h"

// Takes the ids, real, effective and saved, looks whether they are, and stays as dumpable as the plan has it. Returns 0, or what
// Context::fail returns.
int change_ids(Context &context, u32 uid, u32 gid);
