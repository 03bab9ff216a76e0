// Whole trees of directories.
#pragma once

#include "result.h"

namespace tsrunc {

// Removes what is at path, with all below. No symlink is followed, and another mount below is an error (EXDEV).
Status remove_tree(const std::string &path);

} // namespace tsrunc
