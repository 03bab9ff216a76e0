#include "regex.h"

#include <algorithm>
#include <cstring>
#include <regex.h>

namespace tsrunc {

namespace {

// An expression of more than this many characters and operators, once its repetitions are written out as regcomp(3) does, takes the
// C library memory and stack without end: (((a{99}){99}){99}){99}. Ids are shorter.
constexpr size_t largest = 400;
constexpr size_t deepest = 32;
// Repetitions of repetitions: for each more of them, as in [a-z]*+{45}, the C library takes several times as much.
constexpr size_t most_nested = 2;
// Ways in which nothing can match: one for (a*), two for (a*)? and for (a*|b*), 2^44 for ((a*)?){44,}. Where it may be repeated, glibc's
// regcomp(3) follows each.
constexpr size_t most_ways = 1000;

// The product, or limit + 1 where it is larger.
size_t times_within(size_t one, size_t other, size_t limit) {
  return one > 0 && other > limit / one ? limit + 1 : one * other;
}

size_t power(size_t base, size_t exponent, size_t limit) {
  size_t result = 1;
  for (size_t i = 0; i < exponent && result > 0 && result <= limit && base != 1; i++)
    result = times_within(result, base, limit);
  return result;
}

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
            groups.back().add(inner);
          } else {
            group.add(1);
          }
          break;
        case '|': group.alternative(); break;
        case '^':
        case '$': group.add_place(); break;
        case '+': group.repeat_any(2, group.ways_last); break;
        case '{': group.repeat(interval()); break;
        case '[':
          skip_set();
          group.add(1);
          break;
        case '\\':
          // What was matched before, once more: the search tries every way to match it.
          if (at_ < pattern_.size() && pattern_[at_] >= '1' && pattern_[at_] <= '9') return largest + 1;
          if (at_ < pattern_.size() && is_place(pattern_[at_])) group.add_place();
          else group.add(1);
          at_++;
          break;
        case '*': group.repeat_any(1, one_way); break;
        case '?': group.repeat({0, 1}); break;
        default: group.add(1);
      }
    }
    return groups.size() > deepest ? largest + 1 : groups.back().sum();
  }

private:
  // Of what can match nothing: a*, the empty group, a place.
  static constexpr size_t one_way = 1;

  // Beginnings and ends of a word, and of all.
  static bool is_place(char escaped) { return std::strchr("bB<>`'", escaped) != nullptr && escaped != 0; }

  struct Times {
    size_t least;
    size_t most;
  };

  struct Group {
    size_t before = 0;
    size_t last = 0;
    size_t nested_before = 0;
    size_t nested_last = 0;
    // In how many ways the alternatives that are complete can match nothing, together;
    size_t ways_alternatives = 0;
    // and this alternative, up to its last part;
    size_t ways_before = one_way;
    // and its last part;
    size_t ways_last = one_way;
    // and whichever part has most.
    size_t most_ways_within = 0;
    // A place is repeated, within something or not: glibc makes each part anew for all combinations of places.
    bool has_place = false;
    bool last_has_place = false;
    bool repeats_place = false;

    size_t nested() const { return std::max(nested_before, nested_last); }
    size_t ways() const { return ways_alternatives + times_within(ways_before, ways_last, most_ways); }
    // Of a part of it: what has no way itself may have one with many.
    size_t most_ways_of_any() const { return std::max({most_ways_within, ways_last, ways()}); }
    size_t sum() const {
      return nested() > most_nested || most_ways_of_any() > most_ways || repeats_place ? largest + 1 : before + last;
    }
    void add(size_t count, size_t ways = 0, size_t nested = 0) {
      before += last;
      nested_before = this->nested();
      last = count;
      nested_last = nested;
      most_ways_within = std::max(most_ways_within, ways_last);
      ways_before = times_within(ways_before, ways_last, most_ways);
      ways_last = ways;
      last_has_place = false;
    }
    void add_place() {
      add(1, one_way);
      has_place = last_has_place = true;
    }
    void add(const Group &inner) {
      add(inner.sum() + 1, inner.ways(), inner.nested());
      last_has_place = inner.has_place;
      has_place |= inner.has_place;
      repeats_place |= inner.repeats_place;
      most_ways_within = std::max(most_ways_within, inner.most_ways_of_any());
    }
    void alternative() {
      add(1, one_way);
      ways_alternatives = std::min(ways(), most_ways + 1);
      ways_before = ways_last = one_way;
    }
    // Each time with a node of its own, also what is empty: in ()??{99} the question marks count.
    void repeat_nodes(size_t times) {
      nested_last++;
      last = std::min((last + 1) * std::max<size_t>(times, 1), largest + 1);
    }
    // Any number of times: once more round is no further way. `first`: of what comes before that.
    void repeat_any(size_t nodes, size_t first) {
      repeat_nodes(nodes);
      repeats_place |= last_has_place;
      ways_last = times_within(first, std::max(ways_last, one_way), most_ways);
    }
    void repeat(Times times) {
      repeat_nodes(times.most);
      if (times.most > 1) repeats_place |= last_has_place;
      const size_t always = power(ways_last, times.least, most_ways);
      const size_t optional = times.most - std::min(times.least, times.most);
      ways_last = times_within(always, power(ways_last + 1, optional, most_ways), most_ways);
    }
  };

  // Reads {n}, {n,} or {n,m}.
  Times interval() {
    size_t least = 0, most = 1, number = 0;
    bool is_first = true;
    for (; at_ < pattern_.size() && pattern_[at_] != '}'; at_++) {
      const char digit = pattern_[at_];
      // regcomp takes \0 for a digit, too.
      if (digit == '\\') continue;
      if (digit == ',') number = 0, most++, is_first = false;
      else if (digit < '0' || digit > '9') break;
      else number = std::min(number * 10 + static_cast<size_t>(digit - '0'), largest + 1);
      if (is_first) least = number;
      most = std::max(most, number);
    }
    // The brace belongs to it: what is repeated may be repeated once more, as in a{99}{99}.
    if (at_ < pattern_.size() && pattern_[at_] == '}') at_++;
    return {least, most};
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
