// What init and criu say to the runtime.
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

// The next message on init's socket, or on a fifo that it reports on; nothing at the end of it.
Result<std::optional<InitMessage>> receive_message(int socket);

// The next packet of a service (service.h); nothing at the end.
Result<std::optional<Packet>> receive_packet(int socket);

} // namespace tsrunc
