#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace tsrunc {

int host_terminal() {
  for (int fd = 0; fd <= 2; fd++)
    if (isatty(fd)) return fd;
  return -1;
}

void copy_window_size(int master) {
  winsize size;
  const int terminal = host_terminal();
  if (terminal >= 0 && ioctl(terminal, TIOCGWINSZ, &size) == 0) ioctl(master, TIOCSWINSZ, &size);
}

Result<int> terminal_columns(int fd) {
  winsize size = {};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

Status prepare_terminal(int master) {
  termios modes;
  if (tcgetattr(master, &modes) < 0) return failure("tcgetattr");
  modes.c_oflag &= ~static_cast<tcflag_t>(ONLCR);
  if (retried([&] { return tcsetattr(master, TCSANOW, &modes); }) < 0) return failure("tcsetattr");
  copy_window_size(master);
  return Done{};
}

void RawMode::enter(int terminal) {
  if (terminal < 0 || tcgetattr(terminal, &before_) < 0) return;
  termios raw = before_;
  cfmakeraw(&raw);
  // Output goes on being processed: it is here that the container's newlines get their carriage return.
  raw.c_oflag |= OPOST;
  if (retried([&] { return tcsetattr(terminal, TCSANOW, &raw); }) == 0) terminal_ = terminal;
}

RawMode::~RawMode() {
  if (terminal_ >= 0) retried([&] { return tcsetattr(terminal_, TCSADRAIN, &before_); });
}

} // namespace tsrunc
