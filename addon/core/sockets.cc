#include "sockets.h"

#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "owned-descriptor.h"

namespace tsrunc {

namespace {

// Descriptors that come with one message; no peer of ours sends more.
constexpr size_t most_received = 16;

// A socket's address. sun_path has 108 bytes: a longer path is named by way of its directory's descriptor (`directory`, to be
// kept open while the address is used). A leading @ is the abstract namespace.
struct Address {
  sockaddr_un name = {};
  socklen_t length = 0;
  OwnedDescriptor directory;

  Status set(const std::string &path) {
    name.sun_family = AF_UNIX;
    std::string text = path;
    if (text.size() >= sizeof name.sun_path && text[0] != '@') {
      const size_t slash = text.rfind('/');
      const std::string above = slash == std::string::npos ? "." : text.substr(0, slash + 1);
      directory.reset(open_path(above.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
      if (!directory.valid()) return failure("open", above);
      text = "/proc/self/fd/" + std::to_string(directory.get()) + "/" + text.substr(slash + 1);
    }
    if (text.size() >= sizeof name.sun_path) return Error{"connect", ENAMETOOLONG, path};
    memcpy(name.sun_path, text.data(), text.size());
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size() + 1);
    if (text[0] == '@') {
      name.sun_path[0] = 0;
      length--;
    }
    return Done{};
  }
};

// timeout: milliseconds that connect(2), and send(2) later on, may wait; 0 for as long as it takes.
Result<int> connect_to(int type, const std::string &path, int timeout) {
  Address address;
  Status found = address.set(path);
  if (found.failed()) return found.error();
  OwnedDescriptor fd(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return failure("socket", path);
  const timeval patience = {timeout / 1000, timeout % 1000 * 1000};
  if (timeout > 0 && setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0)
    return failure("setsockopt", path);
  const auto *name = reinterpret_cast<const sockaddr *>(&address.name);
  if (retried([&] { return connect(fd.get(), name, address.length); }) < 0) return failure("connect", path);
  return fd.release();
}

Status connect_and_send(int type, const std::string &path, const std::string &payload, const std::vector<int> &fds) {
  Result<int> connected = connect_to(type, path, 0);
  if (connected.failed()) return connected.error();
  OwnedDescriptor fd(connected.value());
  return send_message(fd.get(), path, payload, fds);
}

} // namespace

Status send_message(int socket, const std::string &path, const std::string &payload, const std::vector<int> &fds) {
  const size_t bytes = fds.size() * sizeof(int);
  std::vector<char> control(CMSG_SPACE(bytes));
  iovec part = {const_cast<char *>(payload.data()), payload.size()};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(bytes);
    memcpy(CMSG_DATA(header), fds.data(), bytes);
  }
  ssize_t count = retried([&] { return sendmsg(socket, &message, MSG_NOSIGNAL); });
  if (count < 0) return failure("sendmsg", path);
  // A stream may take less at first; the descriptors went with the first byte.
  for (size_t done = static_cast<size_t>(count); done < payload.size();) {
    count = retried([&] { return send(socket, payload.data() + done, payload.size() - done, MSG_NOSIGNAL); });
    if (count < 0) return failure("send", path);
    done += static_cast<size_t>(count);
  }
  return Done{};
}

ssize_t receive_with_descriptors(int socket, void *data, size_t size, std::vector<int> &fds, int &flags) {
  alignas(cmsghdr) char control[CMSG_SPACE(most_received * sizeof(int))];
  iovec part = {data, size};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t count = retried([&] { return recvmsg(socket, &message, MSG_CMSG_CLOEXEC); });
  if (count < 0) return count;
  flags = message.msg_flags;
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

void close_all(const std::vector<int> &fds) {
  for (int fd : fds) close(fd);
}

Status send_descriptors(const std::string &path, const std::string &payload, const std::vector<int> &fds) {
  return connect_and_send(SOCK_STREAM, path, payload, fds);
}

Result<int> connect_stream(const std::string &path, int timeout) { return connect_to(SOCK_STREAM, path, timeout); }

Result<int> bind_datagram(const std::string &path) {
  Address address;
  Status found = address.set(path);
  if (found.failed()) return found.error();
  OwnedDescriptor fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return failure("socket", path);
  const auto *name = reinterpret_cast<const sockaddr *>(&address.name);
  if (bind(fd.get(), name, address.length) < 0) return failure("bind", path);
  return fd.release();
}

Status send_datagram(const std::string &path, const std::string &payload, const std::vector<int> &fds) {
  return connect_and_send(SOCK_DGRAM, path, payload, fds);
}

} // namespace tsrunc
