// Small files that will be read soon, one after the other: a thread beside us reads them before they are asked for. `list` has three of each
// container, and QuickJS needs as long for what they say as the kernel for opening them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "result.h"

namespace tsrunc {

// Has these files read, in this order, after those of earlier calls. What there is no room for is read when it is asked for, as everything is
// where there is no other CPU for the thread, or where another thread of this program has files read ahead.
Status read_ahead(const std::vector<std::string> &paths);

// Ends that. What was read and not asked for is forgotten: it would be out of date.
Status end_read_ahead();

// The content of a file that was read ahead, once; those that should have been asked for before it are passed over. Nothing for any other
// file, for one that can't be read, and for a large one: whoever asks reads it, and sees why.
std::optional<std::string> take_read_ahead(const std::string &path);

} // namespace tsrunc
