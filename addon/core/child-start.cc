#include "child-start.h"

#include <linux/close_range.h>

#include "clone.h"
#include "raw.h"

namespace tsrunc {

bool arrange_descriptors_raw(StartFailure &failure, const int *sources, const int *targets, int *staged, int count) {
  const int placed = place_descriptors_raw(sources, targets, staged, count);
  if (placed < 0) {
    failure.note("dup3", placed);
    return false;
  }
  const long swept = raw::call(SYS_close_range, static_cast<unsigned>(count), ~0U, CLOSE_RANGE_CLOEXEC);
  if (swept < 0) failure.note("close_range", swept);
  return swept >= 0;
}

std::vector<const char *> pointers(const std::vector<std::string> &texts) {
  std::vector<const char *> list;
  for (const std::string &text : texts) list.push_back(text.c_str());
  list.push_back(nullptr);
  return list;
}

} // namespace tsrunc
