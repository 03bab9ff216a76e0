// As much rtnetlink(7) as moving an interface takes.
#pragma once

#include <linux/rtnetlink.h>

#include "owned-descriptor.h"
#include "result.h"
#include "types.h"

namespace tsrunc {

// A request: header, fixed part, attributes.
class NetlinkRequest {
public:
  template <typename Fixed> NetlinkRequest(uint16_t type, uint16_t flags, const Fixed &fixed) {
    nlmsghdr header = {};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
    append(&header, sizeof header);
    append(&fixed, sizeof fixed);
  }
  void add(uint16_t type, const void *data, size_t size);
  // The whole of it with its length filled in.
  const std::vector<uint8_t> &finish();

private:
  void append(const void *data, size_t size);
  std::vector<uint8_t> bytes_;
};

struct NetlinkMessage {
  uint16_t type;
  std::vector<uint8_t> payload;
};

// Sends a request that is answered by an acknowledgement (NLM_F_ACK) or a dump (NLM_F_DUMP), and returns the messages
// before it. `about` is for the error.
Result<std::vector<NetlinkMessage>> netlink_exchange(int socket, NetlinkRequest &request, const std::string &about);

} // namespace tsrunc
