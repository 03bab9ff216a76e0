#include "signals.h"

namespace {

constexpr u64 sa_restorer = 0x04000000;
constexpr int sighup = 1, sigint = 2, sigquit = 3, sigabrt = 6, sigkill = 9, sigterm = 15, sigstop = 19;

// The kernel's struct sigaction, which has its mask last.
struct Action {
  void (*handler)(int);
  u64 flags;
  void (*restorer)();
  u64 mask;
};

// The status that a shell, and the runtime, give a process that the signal has ended.
[[noreturn]] void end(int signal) { sys::exit(128 + signal); }

// x86 wants one; as the handler doesn't return, nothing comes here.
[[noreturn]] void never() { sys::exit(1); }

int set(Context &context, int signal, const Action &action) {
  const long result = sys::invoke(__NR_rt_sigaction, signal, &action, nullptr, sizeof action.mask);
  return result < 0 ? context.fail("rt_sigaction", result, no_path, "signal ", static_cast<u64>(signal)) : 0;
}

} // namespace

int reset_signals(Context &context) {
  constexpr int last_signal = 64;
  for (int signal = 1; signal <= last_signal; signal++) {
    if (signal == sigkill || signal == sigstop) continue;
    if (set(context, signal, {}) != 0) return -1;
  }
  return 0;
}

int heed_signals(Context &context) {
  if (sys::invoke(__NR_getpid) != 1) return 0;
  constexpr int heeded[] = {sighup, sigint, sigquit, sigabrt, sigterm};
  for (int signal : heeded)
    if (set(context, signal, {end, sa_restorer, never, 0}) != 0) return -1;
  return 0;
}
