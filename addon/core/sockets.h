// Unix sockets of others: console sockets, seccomp agents, systemd's notify socket, D-Bus.
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

// One sendmsg(2) with the descriptors in one SCM_RIGHTS message; `path` is for errors.
Status send_message(int socket, const std::string &path, const std::string &payload, const std::vector<int> &fds);
Status send_descriptors(const std::string &path, const std::string &payload, const std::vector<int> &fds);
Result<int> connect_stream(const std::string &path, int timeout);
Result<int> bind_datagram(const std::string &path);
Status send_datagram(const std::string &path, const std::string &payload, const std::vector<int> &fds);

} // namespace tsrunc
