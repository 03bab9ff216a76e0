// The terminal tsrunc was started on, and the container's.
#pragma once

#include <optional>
#include <termios.h>

#include "result.h"

namespace tsrunc {

// The first of 0, 1, 2 that is a terminal; -1 for none.
int host_terminal();

// How many columns the terminal `fd` has; 0 when it is none, or doesn't say.
Result<int> terminal_columns(int fd);

// Makes a container's pty master ready for the foreground: newlines stay as they are (the outer terminal turns them to
// CR LF once, not twice), and the window gets the size of ours.
Status prepare_terminal(int master);

// Gives the container's terminal the size of ours, where there is one.
void copy_window_size(int master);

// The host's terminal in raw mode, until the end of the scope.
class RawMode {
public:
  RawMode() = default;
  RawMode(const RawMode &) = delete;
  RawMode &operator=(const RawMode &) = delete;
  ~RawMode();
  void enter(int terminal);

private:
  int terminal_ = -1;
  termios before_ = {};
};

} // namespace tsrunc
