// The processor's own counter, for the core and init, which has no C library. Reading it is no system call: init may make none
// once its seccomp filter is loaded.
#pragma once

namespace wire {

// Counts at the same rate on every CPU, in every process and every time namespace.
inline unsigned long long cycles() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  unsigned long long count;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#endif
}

} // namespace wire
