#include "regex.h"

#include <regex.h>

namespace tsrunc {

Result<std::vector<std::string>> matching_words(const std::string &pattern, const std::vector<std::string> &words) {
  regex_t regex;
  // Why not is said by the caller: regerror(3) knows no more than that it isn't one.
  if (regcomp(&regex, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return Error{"regcomp", EINVAL, pattern};
  std::vector<std::string> matching;
  for (const std::string &word : words)
    if (regexec(&regex, word.c_str(), 0, nullptr, 0) == 0) matching.push_back(word);
  regfree(&regex);
  return matching;
}

} // namespace tsrunc
