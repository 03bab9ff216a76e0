#include "regex.h"

#include <algorithm>
#include <regex.h>

namespace tsrunc {

namespace {

// An expression of more than this many characters and operators, once its repetitions are written out as regcomp(3) does, takes the
// C library memory and stack without end: (((a{99}){99}){99}){99}. Ids are shorter.
constexpr size_t largest = 400;
constexpr size_t deepest = 32;
// Repetitions of repetitions: for each more of them, as in [a-z]*+{45}, the C library takes several times as much.
constexpr size_t most_nested = 2;

// Counts them, in one pass and without judging the syntax; more than `largest` for an expression that is too large.
class Size {
public:
  explicit Size(const std::string &pattern) : pattern_(pattern) {}

  size_t count() {
    std::vector<Group> groups(1);
    while (at_ < pattern_.size() && groups.back().sum() <= largest && groups.size() <= deepest) {
      Group &group = groups.back();
      switch (pattern_[at_++]) {
        case '(': groups.emplace_back(); break;
        case ')':
          // One that closes nothing is a character.
          if (groups.size() > 1) {
            const Group inner = group;
            groups.pop_back();
            groups.back().add(inner.sum() + 1, inner.nested());
          } else {
            group.add(1);
          }
          break;
        // Once, and any number of times.
        case '+': group.repeat(2); break;
        case '{': group.repeat(interval()); break;
        case '[':
          skip_set();
          group.add(1);
          break;
        case '\\':
          // What was matched before, once more: the search tries every way to match it.
          if (at_ < pattern_.size() && pattern_[at_] >= '1' && pattern_[at_] <= '9') return largest + 1;
          at_++;
          group.add(1);
          break;
        case '*':
        case '?': group.repeat(1); break;
        default: group.add(1);
      }
    }
    return groups.size() > deepest ? largest + 1 : groups.back().sum();
  }

private:
  struct Group {
    size_t before = 0;
    size_t last = 0;
    size_t nested_before = 0;
    size_t nested_last = 0;

    size_t nested() const { return std::max(nested_before, nested_last); }
    size_t sum() const { return nested() > most_nested ? largest + 1 : before + last; }
    void add(size_t count, size_t nested = 0) {
      before += last;
      nested_before = this->nested();
      last = count;
      nested_last = nested;
    }
    // Each time with a node of its own, also what is empty: in ()??{99} the question marks count.
    void repeat(size_t times) {
      nested_last++;
      last = std::min((last + 1) * std::max<size_t>(times, 1), largest + 1);
    }
  };

  // The greater number of {n}, {n,}, {n,m}.
  size_t interval() {
    size_t most = 1, number = 0;
    for (; at_ < pattern_.size() && pattern_[at_] != '}'; at_++) {
      const char digit = pattern_[at_];
      // regcomp takes \0 for a digit, too.
      if (digit == '\\') continue;
      if (digit == ',') number = 0, most++;
      else if (digit < '0' || digit > '9') break;
      else number = std::min(number * 10 + static_cast<size_t>(digit - '0'), largest + 1);
      most = std::max(most, number);
    }
    // The brace belongs to it: what is repeated may be repeated once more, as in a{99}{99}.
    if (at_ < pattern_.size() && pattern_[at_] == '}') at_++;
    return most;
  }

  // Past the end of a bracket expression: ] is a member at its beginning, and within [:alpha:].
  void skip_set() {
    if (at_ < pattern_.size() && pattern_[at_] == '^') at_++;
    if (at_ < pattern_.size() && pattern_[at_] == ']') at_++;
    for (; at_ < pattern_.size() && pattern_[at_] != ']'; at_++) {
      if (pattern_[at_] != '[' || at_ + 1 == pattern_.size()) continue;
      const char kind = pattern_[at_ + 1];
      if (kind != ':' && kind != '.' && kind != '=') continue;
      const size_t end = pattern_.find(std::string{kind, ']'}, at_ + 2);
      if (end != std::string::npos) at_ = end + 1;
    }
    if (at_ < pattern_.size()) at_++;
  }

  const std::string &pattern_;
  size_t at_ = 0;
};

} // namespace

Result<std::vector<std::string>> matching_words(const std::string &pattern, const std::vector<std::string> &words) {
  if (Size(pattern).count() > largest) return Error{"regcomp", E2BIG, {}, pattern};
  regex_t regex;
  // Why not is said by the caller: regerror(3) knows no more than that it isn't one.
  if (regcomp(&regex, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return Error{"regcomp", EINVAL, {}, pattern};
  std::vector<std::string> matching;
  for (const std::string &word : words)
    if (regexec(&regex, word.c_str(), 0, nullptr, 0) == 0) matching.push_back(word);
  regfree(&regex);
  return matching;
}

} // namespace tsrunc
