// Unix sockets: messages with descriptors; and those of others: of consoles, seccomp agents, systemd, D-Bus.
#pragma once

#include <sys/types.h>

#include "result.h"
#include "types.h"

namespace tsrunc {

// One sendmsg(2) with the descriptors in one SCM_RIGHTS message; `path` is for errors.
Status send_message(int socket, const std::string &path, const std::string &payload, const std::vector<int> &fds);
// One recvmsg(2) into `data`; descriptors that come along are added to `fds`, `flags` gets those
// of the message (MSG_TRUNC). Returns what it returns, and leaves errno.
ssize_t receive_with_descriptors(int socket, void *data, size_t size, std::vector<int> &fds, int &flags);
void close_all(const std::vector<int> &fds);

Status send_descriptors(const std::string &path, const std::string &payload, const std::vector<int> &fds);
Result<int> connect_stream(const std::string &path, int timeout);
Result<int> bind_datagram(const std::string &path);
Status send_datagram(const std::string &path, const std::string &payload, const std::vector<int> &fds);

} // namespace tsrunc
