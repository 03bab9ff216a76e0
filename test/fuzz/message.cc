// What the runtime reads of init's socket, and of criu's. Once a container runs, the other end may be anybody's.
#include "harness.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../addon/core/owned-descriptor.h"
#include "../../addon/core/receive.h"
#include "../../addon/core/sockets.h"
#include "input.h"

namespace {

// The lowest descriptor that isn't open: one more than before if one was left open.
int lowest_free() {
  const int copy = dup(STDERR_FILENO);
  close(copy);
  return copy;
}

// Sends the bytes in pieces, each with some descriptors; as many as a socket takes before anybody reads.
void feed(int socket, Input &in) {
  for (size_t pieces = 0; pieces < 16 && in.left() > 0; pieces++) {
    const size_t descriptors = in.below(24);
    const std::string bytes = in.text();
    if (bytes.empty()) continue;
    const std::vector<int> fds(descriptors, STDERR_FILENO);
    require(!tsrunc::send_message(socket, "", bytes, fds).failed(), "the pair of sockets takes a message");
  }
}

void read_messages(Input &in) {
  int pair[2];
  require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "there is a pair of sockets");
  tsrunc::OwnedDescriptor ours(pair[0]), theirs(pair[1]);
  feed(theirs.get(), in);
  theirs.reset();
  for (;;) {
    auto message = tsrunc::receive_message(ours.get());
    if (message.failed() || !message.value()) break;
    tsrunc::close_all(message.value()->fds);
  }
}

void read_packets(Input &in) {
  int pair[2];
  require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0, "there is a pair of sockets");
  tsrunc::OwnedDescriptor ours(pair[0]), theirs(pair[1]);
  feed(theirs.get(), in);
  theirs.reset();
  for (;;) {
    auto packet = tsrunc::receive_packet(ours.get());
    if (packet.failed() || !packet.value()) break;
    tsrunc::close_all(packet.value()->fds);
  }
}

} // namespace

void try_input(const uint8_t *data, size_t size) {
  const int before = lowest_free();
  Input in(data, size);
  if (in.below(8) == 0) read_packets(in);
  else read_messages(in);
  require(lowest_free() == before, "no descriptor that was sent stays open");
}
