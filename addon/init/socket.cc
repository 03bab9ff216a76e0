#include "socket.h"

#include "../core/wire.h"

namespace {

using Header = wire::MessageHeader;

// Layouts of the kernel: struct iovec, struct user_msghdr, struct cmsghdr.
struct Piece {
  const void *data;
  u64 size;
};
struct MessageHeader {
  void *name;
  i32 name_size;
  Piece *pieces;
  u64 piece_count;
  void *control;
  u64 control_size;
  u32 flags;
};
struct Control {
  u64 size;
  i32 level;
  i32 type;
  i32 descriptor;
  i32 padding;
};

constexpr u32 reply_limit = 16u << 20;

} // namespace

// One write(2): a fifo takes up to PIPE_BUF bytes at once, so that messages don't mix; and a seccomp filter that is loaded
// by now may forbid anything else.
void send(Context &context, u32 kind, i32 value, Str text) {
  char bytes[4096];
  const u32 room = sizeof bytes - sizeof(Header);
  const u32 size = text.size < room ? text.size : room;
  const Header header{kind, context.index, value, size};
  memcpy(bytes, &header, sizeof header);
  memcpy(bytes + sizeof header, text.data, size);
  for (u64 sent = 0, all = sizeof header + size; sent < all;) {
    const long result = sys::write(context.out, bytes + sent, all - sent);
    if (result <= 0) sys::exit(1);
    sent += static_cast<u64>(result);
  }
}

void send_descriptor(Context &context, u32 kind, i32 value, Str text, int descriptor) {
  constexpr i32 sol_socket = 1, scm_rights = 1, msg_nosignal = 0x4000;
  Header header{kind, context.index, value, text.size};
  Piece pieces[] = {{&header, sizeof header}, {text.data, text.size}};
  Control control{sizeof control - 4, sol_socket, scm_rights, descriptor, 0};
  MessageHeader message{nullptr, 0, pieces, 2, &control, sizeof control, 0};
  const long result =
      sys::retried(-EINTR, [&] { return sys::invoke(__NR_sendmsg, context.socket, &message, msg_nosignal); });
  // The texts are short and the socket is empty: a part of the message only means that something is badly wrong.
  if (result != static_cast<long>(sizeof header + text.size)) sys::exit(1);
}

void receive(int from, void *to, u64 size) {
  for (char *at = static_cast<char *>(to); size > 0;) {
    const long result = sys::read(from, at, size);
    if (result <= 0) sys::exit(1);
    at += result;
    size -= static_cast<u64>(result);
  }
}

void receive_slots(Context &context) {
  constexpr u32 most_rights = 253; // SCM_MAX_FD
  constexpr u32 msg_cmsg_cloexec = 0x40000000;
  struct {
    u64 size;
    i32 level;
    i32 type;
    i32 descriptors[most_rights + 1];
  } control;
  const u32 first = context.slot_count;
  u32 count = 0, total = 0;
  do {
    Piece piece{&total, sizeof total};
    MessageHeader message{nullptr, 0, &piece, 1, &control, sizeof control, 0};
    const long result =
        sys::retried(-EINTR, [&] { return sys::invoke(__NR_recvmsg, context.socket, &message, msg_cmsg_cloexec); });
    if (result != sizeof total || total > slot_limit - first) sys::exit(1);
    const u64 head = sizeof control.size + sizeof control.level + sizeof control.type;
    const u64 sent = message.control_size > head ? (control.size - head) / sizeof(i32) : 0;
    if (sent == 0 && total > 0) sys::exit(1);
    for (u64 i = 0; i < sent && count < total; i++) context.fill(first + count++, control.descriptors[i]);
  } while (count < total);
  context.slot_count = first + count;
}

int receive_reply(Context &context, Bytes &payload) {
  wire::ReplyHeader header;
  receive(context.in, &header, sizeof header);
  if (header.kind != reply_kind || header.size > reply_limit)
    return context.fail(no_call, -EPROTO, no_path, damaged_reply);
  payload = {nullptr, header.size};
  if (payload.size == 0) return 0;
  void *data = allocate(payload.size);
  receive(context.in, data, payload.size);
  payload.data = static_cast<const u8 *>(data);
  return 0;
}
