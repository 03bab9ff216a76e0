#include "process-text.h"

#include <cctype>
#include <cstdlib>

namespace tsrunc {

namespace {

// Of field 9: the task has entered do_exit(). The kernel's headers don't export it; the number has been the same since 1.0.
constexpr long long PF_EXITING = 0x4;

} // namespace

std::optional<ProcessStat> parse_process_stat(const std::string &line) {
  // Field 2, the name in parentheses, may hold anything; the last ')' ends it.
  const size_t at = line.rfind(')');
  if (at == std::string::npos || at + 2 >= line.size()) return std::nullopt;
  ProcessStat result;
  const size_t open = line.find('(');
  if (open < at) result.name = line.substr(open + 1, at - open - 1);
  result.state = line.substr(at + 2, 1);
  const char *rest = line.c_str() + at + 3;
  for (int number = 4; number <= 22; number++) {
    char *end = nullptr;
    long long value = strtoll(rest, &end, 10);
    if (number == 4) result.ppid = static_cast<int>(value);
    if (number == 9) result.exiting = (value & PF_EXITING) != 0;
    if (number == 20) result.threads = static_cast<int>(value);
    if (number == 22) result.start_time = static_cast<double>(value);
    rest = end;
  }
  return result;
}

std::optional<std::string> name_in_passwd(const std::string &text, uint32_t uid) {
  for (size_t start = 0; start < text.size();) {
    size_t end = text.find('\n', start);
    if (end == std::string::npos) end = text.size();
    const std::string line = text.substr(start, end - start);
    start = end + 1;
    size_t name_end = line.find(':');
    size_t password_end = name_end == std::string::npos ? name_end : line.find(':', name_end + 1);
    if (password_end == std::string::npos || !isdigit(static_cast<unsigned char>(line[password_end + 1]))) continue;
    char *rest = nullptr;
    unsigned long long number = strtoull(line.c_str() + password_end + 1, &rest, 10);
    if (*rest == ':' && number == uid) return line.substr(0, name_end);
  }
  return std::nullopt;
}

} // namespace tsrunc
