// What time it is.
#pragma once

#include <ctime>

#include "raw.h"

namespace tsrunc {

// A clock by a call of the kernel. The C library reads it from memory that the kernel shares, which costs three page faults the first time,
// and a command seldom asks twice.
inline timespec time_of(clockid_t clock) {
  timespec now = {};
  raw::call(SYS_clock_gettime, clock, raw::pointer(&now));
  return now;
}

// CLOCK_MONOTONIC in milliseconds.
inline double milliseconds_now() {
  const timespec now = time_of(CLOCK_MONOTONIC);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

} // namespace tsrunc
