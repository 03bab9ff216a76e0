// Terminals and processes for a program that has an event loop: each is served by a thread of ours, and the program has one end of a
// socket, which it reads and writes as any other. Only the Node host has these functions; the command line needs none of them.
#pragma once

#include <string>
#include <vector>

#include "result.h"

namespace tsrunc {

// A new pipe: the end to read from, the end to write to. Where a program gives its own processes sockets, a container gets this:
// /dev/stdout can't be opened when it is a socket.
Result<std::vector<int>> open_pipe();

// Listens on a new unix socket at `path` for the one terminal that a runtime sends (--console-socket), and then copies between it and
// a socket: what the program writes there is typed, what it reads is the output, and its end is the hang-up. When the program closes
// the socket, the terminal is hung up. Returns a number for resize_terminal, and the socket.
Result<std::vector<int>> serve_console(const std::string &path);

// Makes a new terminal and copies between its master and a socket as serve_console does. Returns a number for resize_terminal, the
// socket, and the other side of the terminal, for a process.
Result<std::vector<int>> serve_terminal(int columns, int rows);

// Sets the size of a terminal's window, in characters; of one that is still to come, as soon as it is there. Nothing when it has ended.
Status resize_terminal(int number, int columns, int rows);

// Waits for the end of a process, which need not be our child, and says it by closing a socket: the result. Before that two bytes
// come through it where it can be known how the process ended: its wait status (wait(2)), the lower byte first. The kernel tells it
// from Linux 6.15 on (PIDFD_INFO_EXIT). Fails with ESRCH when there is no such process.
Result<int> watch_process(int pid);

} // namespace tsrunc
