#pragma once

#include <string>
#include <vector>

#include "result.h"

namespace tsrunc {

// Those of the words that hold a match of an extended regular expression, regex(7). EINVAL: it isn't one.
// E2BIG: its repetitions make it larger than any id, or it refers back to what was matched (\1).
Result<std::vector<std::string>> matching_words(const std::string &pattern, const std::vector<std::string> &words);

} // namespace tsrunc
