#include "receive.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sockets.h"
#include "wire.h"

namespace tsrunc {

namespace {

// A message of init is short, and has at most one descriptor; more is a broken or hostile peer.
constexpr uint32_t longest_text = 1 << 20;
constexpr size_t most_descriptors = 16;

// The same of a packet of criu's.
constexpr size_t longest_packet = 256 << 10;

// One read of a socket, with the descriptors that come along, or of a fifo (status.fifo), which can't carry any.
ssize_t receive_some(int fd, void *data, size_t size, std::vector<int> &fds) {
  int flags = 0;
  const ssize_t count = receive_with_descriptors(fd, data, size, fds, flags);
  if (count < 0 && errno == ENOTSOCK) return retried([&] { return read(fd, data, size); });
  return count;
}

// How many of `size` bytes came before the end; -1 for an error.
ssize_t receive_all(int fd, void *data, size_t size, std::vector<int> &fds) {
  size_t done = 0;
  while (done < size) {
    ssize_t count = receive_some(fd, static_cast<char *>(data) + done, size - done, fds);
    if (count == 0) break;
    if (count > 0) {
      done += static_cast<size_t>(count);
      if (fds.size() <= most_descriptors) continue;
      errno = EPROTO;
      return -1;
    }
    if (errno != EAGAIN) return -1;
    pollfd waiting = {fd, POLLIN, 0};
    if (retried([&] { return poll(&waiting, 1, -1); }) < 0) return -1;
  }
  return static_cast<ssize_t>(done);
}

} // namespace

Result<std::optional<InitMessage>> receive_message(int socket) {
  wire::MessageHeader header;
  InitMessage message;
  ssize_t count = receive_all(socket, &header, sizeof header, message.fds);
  // A reset is how a socket ends whose peer went with bytes of ours unread.
  if (count == 0 || (count < 0 && errno == ECONNRESET)) {
    close_all(message.fds);
    return std::optional<InitMessage>();
  }
  if (count == sizeof header && header.size <= longest_text) {
    message.text.resize(header.size);
    count = receive_all(socket, message.text.data(), header.size, message.fds);
    if (count == static_cast<ssize_t>(header.size)) {
      message.kind = header.kind;
      message.step = header.step;
      message.value = header.value;
      return std::optional<InitMessage>(std::move(message));
    }
  }
  Error error = count < 0 ? failure("recvmsg") : Error{"recvmsg", EPROTO, {}};
  close_all(message.fds);
  return error;
}

Result<std::optional<Packet>> receive_packet(int socket) {
  Packet packet;
  packet.data.data.resize(longest_packet);
  int flags = 0;
  const ssize_t count =
      receive_with_descriptors(socket, packet.data.data.data(), packet.data.data.size(), packet.fds, flags);
  // A reset is how a socket ends whose peer went with bytes of ours unread.
  if (count == 0 || (count < 0 && errno == ECONNRESET)) return std::optional<Packet>();
  if (count < 0) return failure("recvmsg");
  if (flags & MSG_TRUNC) {
    close_all(packet.fds);
    return Error{"recvmsg", EMSGSIZE, {}};
  }
  packet.data.data.resize(static_cast<size_t>(count));
  return std::optional<Packet>(std::move(packet));
}

} // namespace tsrunc
