// Time that only goes forward.
#pragma once

#include <ctime>

namespace tsrunc {

// CLOCK_MONOTONIC in milliseconds.
inline double milliseconds_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

} // namespace tsrunc
