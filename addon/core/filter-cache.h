// Compiled seccomp filters on disk, by what they were made from.
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

// The filter that was kept for `key`; empty where there is none, or where the directory or the file isn't ours alone, or the
// file isn't what was written. The directory must be ours and closed to everybody else, so that no other user decides what a
// container may call.
Result<Bytes> cached_filter(const std::string &directory, const std::string &key);

// Keeps a filter: temporary file, then rename. Makes the directory (0700) where it is missing. Of more than a few dozen filters
// the oldest one goes. What fails here is no error of the command: the filter is compiled again next time.
Status cache_filter(const std::string &directory, const std::string &key, const ByteSpan &program);

} // namespace tsrunc
