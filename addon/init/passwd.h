// passwd(5).
#pragma once

#include "types.h"

// The home directory of a user in the text of a file that may hold anything; empty when it doesn't say.
Str home_directory(Str passwd, u32 uid);
