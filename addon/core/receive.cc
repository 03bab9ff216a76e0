#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "spawn-init.h"

namespace tsrunc {

namespace {

// A message of init is short; more is a broken or hostile peer.
constexpr uint32_t longest_text = 1 << 20;
constexpr size_t most_descriptors = 16;

struct Header {
  uint32_t kind;
  uint32_t step;
  int32_t value;
  uint32_t length;
};

void close_all(const std::vector<int> &fds) {
  for (int fd : fds) close(fd);
}

// One read of a socket, with the descriptors that come along, or of a fifo (status.fifo), which can't carry any.
ssize_t receive_some(int fd, void *data, size_t size, std::vector<int> &fds) {
  alignas(cmsghdr) char control[CMSG_SPACE(most_descriptors * sizeof(int))];
  iovec part = {data, size};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t count = retried([&] { return recvmsg(fd, &message, MSG_CMSG_CLOEXEC); });
  if (count < 0 && errno == ENOTSOCK) return retried([&] { return read(fd, data, size); });
  if (count < 0) return count;
  for (cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t number = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < number; i++) {
      int received;
      memcpy(&received, CMSG_DATA(header) + i * sizeof(int), sizeof received);
      fds.push_back(received);
    }
  }
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
      continue;
    }
    if (errno != EAGAIN) return -1;
    pollfd waiting = {fd, POLLIN, 0};
    if (retried([&] { return poll(&waiting, 1, -1); }) < 0) return -1;
  }
  return static_cast<ssize_t>(done);
}

} // namespace

Result<std::optional<InitMessage>> receive_message(int socket) {
  Header header;
  InitMessage message;
  ssize_t count = receive_all(socket, &header, sizeof header, message.fds);
  // A reset is how a socket ends whose peer went with bytes of ours unread.
  if (count == 0 || (count < 0 && errno == ECONNRESET)) return std::optional<InitMessage>();
  if (count == sizeof header && header.length <= longest_text) {
    message.text.resize(header.length);
    count = receive_all(socket, message.text.data(), header.length, message.fds);
    if (count == static_cast<ssize_t>(header.length)) {
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

} // namespace tsrunc
