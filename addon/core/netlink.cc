#include "netlink.h"

#include <cstring>
#include <sys/socket.h>

namespace tsrunc {

void NetlinkRequest::append(const void *data, size_t size) {
  const auto *bytes = static_cast<const uint8_t *>(data);
  bytes_.insert(bytes_.end(), bytes, bytes + size);
  bytes_.resize(NLMSG_ALIGN(bytes_.size()));
}

void NetlinkRequest::add(uint16_t type, const void *data, size_t size) {
  rtattr attribute = {};
  attribute.rta_type = type;
  attribute.rta_len = static_cast<uint16_t>(RTA_LENGTH(size));
  append(&attribute, sizeof attribute);
  append(data, size);
}

const std::vector<uint8_t> &NetlinkRequest::finish() {
  const uint32_t length = static_cast<uint32_t>(bytes_.size());
  memcpy(bytes_.data(), &length, sizeof length);
  return bytes_;
}

Result<std::vector<NetlinkMessage>> netlink_exchange(int socket, NetlinkRequest &request, const std::string &about) {
  const std::vector<uint8_t> &bytes = request.finish();
  if (retried([&] { return send(socket, bytes.data(), bytes.size(), 0); }) < 0) return failure_about("send", about);
  std::vector<NetlinkMessage> messages;
  // A dump comes in datagrams of at most 32 KiB.
  std::vector<uint8_t> buffer(32 << 10);
  for (;;) {
    ssize_t count = retried([&] { return recv(socket, buffer.data(), buffer.size(), 0); });
    if (count < 0) return failure_about("recv", about);
    for (size_t at = 0; at + sizeof(nlmsghdr) <= static_cast<size_t>(count);) {
      nlmsghdr header;
      memcpy(&header, buffer.data() + at, sizeof header);
      if (header.nlmsg_len < sizeof header || at + header.nlmsg_len > static_cast<size_t>(count))
        return Error{"recv", EPROTO, {}, about};
      const uint8_t *payload = buffer.data() + at + sizeof header;
      if (header.nlmsg_type == NLMSG_DONE) return messages;
      if (header.nlmsg_type == NLMSG_ERROR) {
        int error = 0;
        if (header.nlmsg_len >= sizeof header + sizeof error) memcpy(&error, payload, sizeof error);
        if (error != 0) return Error{"rtnetlink", -error, {}, about};
        return messages;
      }
      messages.push_back({header.nlmsg_type, {payload, payload + header.nlmsg_len - sizeof header}});
      at += NLMSG_ALIGN(header.nlmsg_len);
    }
  }
}

} // namespace tsrunc
