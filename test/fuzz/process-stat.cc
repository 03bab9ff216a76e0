// /proc/PID/stat, in which a process has chosen its name.
#include "harness.h"

#include "../../addon/core/process-text.h"

void try_input(const uint8_t *data, size_t size) {
  const std::string name(reinterpret_cast<const char *>(data), size);
  (void)tsrunc::parse_process_stat(name);
  // The kernel's fields behind any name are read all the same.
  const std::string fields = "S 4 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 6 0 7890 0 0";
  const auto stat = tsrunc::parse_process_stat("1234 (" + name + ") " + fields);
  require(stat && stat->state == "S" && stat->ppid == 4 && stat->threads == 6 && stat->start_time == 7890,
          "no name is taken for fields");
}
