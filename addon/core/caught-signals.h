// Signals as something to poll for.
#pragma once

#include "result.h"

namespace tsrunc {

// From here on until this process ends, signals that would act on it come up in next_signal instead: all but SIGKILL,
// SIGSTOP, SIGURG, SIGTTIN (whoever reads a terminal in the background has to stop), SIGTTOU (which is blocked, so that
// the terminal's modes can be set) and those a fault of our own raises. Again is fine.
Status catch_signals();

// The descriptor that is readable when a signal came; -1 before catch_signals.
int signal_descriptor();

// The next signal that came; 0 for none.
int next_signal();

} // namespace tsrunc
