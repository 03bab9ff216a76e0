// --regex: an expression of the caller's, and the ids of containers.
#include "harness.h"

#include "../../addon/core/regex.h"
#include "input.h"

void try_input(const uint8_t *data, size_t size) {
  Input in(data, size);
  const std::string pattern = in.text();
  const std::vector<std::string> ids = {"", "a", "web-1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", in.rest()};
  auto matching = tsrunc::matching_words(pattern, ids);
  if (matching.failed()) require(matching.error().number == EINVAL || matching.error().number == E2BIG, "what is refused is no expression, or too large");
  else require(matching.value().size() <= ids.size(), "no id matches twice");
}
