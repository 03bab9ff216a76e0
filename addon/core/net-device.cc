#include "net-device.h"

#include <cstring>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "clone.h"
#include "netlink.h"
#include "owned-descriptor.h"
#include "raw.h"

namespace tsrunc {

namespace {

struct Opening {
  int name_space;
  int socket;
};

// Shares our descriptors (CLONE_FILES) but not our network namespace: what it opens there is ours to use.
int run_opening(void *argument) {
  auto &opening = *static_cast<Opening *>(argument);
  long result = raw::call(SYS_setns, opening.name_space, CLONE_NEWNET);
  if (result == 0) result = raw::call(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  opening.socket = static_cast<int>(result);
  return 0;
}

Result<int> open_socket_in(int name_space) {
  Opening opening = {name_space, -EIO};
  auto child = clone_child(CLONE_FILES, -1, run_opening, &opening);
  if (child.failed()) return child.error();
  reap(child.value());
  if (opening.socket < 0) return Error{"setns", -opening.socket, {}};
  return opening.socket;
}

// Interface requests of netdevice(7) are understood by any socket.
Status interface_request(int socket, unsigned long request, ifreq &about, const std::string &name) {
  if (name.size() >= sizeof about.ifr_name) return Error{"ioctl", ENODEV, {}, name};
  snprintf(about.ifr_name, sizeof about.ifr_name, "%s", name.c_str());
  if (ioctl(socket, request, &about) < 0) return failure_about("ioctl", name);
  return Done{};
}

Result<int> interface_index(int socket, const std::string &name) {
  ifreq about = {};
  Status found = interface_request(socket, SIOCGIFINDEX, about, name);
  if (found.failed()) return found.error();
  return about.ifr_ifindex;
}

struct Attribute {
  uint16_t type;
  std::vector<uint8_t> data;
};

// An address that goes along: its message of the dump, taken apart.
struct InterfaceAddress {
  ifaddrmsg fixed;
  std::vector<Attribute> attributes;
};

InterfaceAddress parse_address(const NetlinkMessage &message) {
  InterfaceAddress address = {};
  memcpy(&address.fixed, message.payload.data(), sizeof address.fixed);
  for (size_t at = NLMSG_ALIGN(sizeof address.fixed); at + sizeof(rtattr) <= message.payload.size();) {
    rtattr attribute;
    memcpy(&attribute, message.payload.data() + at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || at + attribute.rta_len > message.payload.size()) break;
    const uint8_t *data = message.payload.data() + at + sizeof attribute;
    address.attributes.push_back({attribute.rta_type, {data, data + attribute.rta_len - sizeof attribute}});
    at += RTA_ALIGN(attribute.rta_len);
  }
  return address;
}

uint32_t flags_of(const InterfaceAddress &address) {
  for (const Attribute &attribute : address.attributes) {
    if (attribute.type != IFA_FLAGS || attribute.data.size() != sizeof(uint32_t)) continue;
    uint32_t flags;
    memcpy(&flags, attribute.data.data(), sizeof flags);
    return flags;
  }
  return address.fixed.ifa_flags;
}

// The spec's choice: permanent addresses of global scope, of any family.
Result<std::vector<InterfaceAddress>> lasting_addresses(int socket, int index, const std::string &name) {
  NetlinkRequest request(RTM_GETADDR, NLM_F_DUMP, ifaddrmsg{});
  auto messages = netlink_exchange(socket, request, name);
  if (messages.failed()) return messages.error();
  std::vector<InterfaceAddress> addresses;
  for (const NetlinkMessage &message : messages.value()) {
    if (message.type != RTM_NEWADDR || message.payload.size() < sizeof(ifaddrmsg)) continue;
    InterfaceAddress address = parse_address(message);
    const bool lasting = address.fixed.ifa_scope == RT_SCOPE_UNIVERSE && (flags_of(address) & IFA_F_PERMANENT);
    if (static_cast<int>(address.fixed.ifa_index) == index && lasting) addresses.push_back(std::move(address));
  }
  return addresses;
}

Status add_address(int socket, int index, const InterfaceAddress &address, const std::string &name) {
  ifaddrmsg fixed = address.fixed;
  fixed.ifa_index = static_cast<uint32_t>(index);
  // The other flags are states of the kernel.
  const uint32_t flags = flags_of(address) & (IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
                                              IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN);
  fixed.ifa_flags = static_cast<uint8_t>(flags);
  NetlinkRequest request(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, fixed);
  request.add(IFA_FLAGS, &flags, sizeof flags);
  for (const Attribute &attribute : address.attributes) {
    switch (attribute.type) {
    case IFA_LOCAL:
    case IFA_ADDRESS:
    case IFA_BROADCAST:
    case IFA_ANYCAST:
    case IFA_RT_PRIORITY:
      request.add(attribute.type, attribute.data.data(), attribute.data.size());
    }
  }
  auto done = netlink_exchange(socket, request, name);
  if (done.failed()) return done.error();
  return Done{};
}

// The kernel moves an interface first, and leaves it there when the new name turns out to be taken: so that is asked before.
// Of a template it makes the lowest number that is free, as here.
Result<std::string> free_name(int socket, const std::string &wanted) {
  const size_t number_at = wanted.find("%d");
  for (int number = 0;; ++number) {
    std::string name = wanted;
    if (number_at != std::string::npos) name.replace(number_at, 2, std::to_string(number));
    auto present = interface_index(socket, name);
    if (present.failed() && present.error().number == ENODEV) return name;
    if (present.failed()) return present.error();
    if (number_at == std::string::npos) return Error{"rtnetlink", EEXIST, {}, name};
  }
}

Status move_link(int socket, int index, int name_space, const std::string &name, const std::string &new_name) {
  ifinfomsg fixed = {};
  fixed.ifi_index = index;
  NetlinkRequest request(RTM_SETLINK, NLM_F_ACK, fixed);
  request.add(IFLA_NET_NS_FD, &name_space, sizeof name_space);
  request.add(IFLA_IFNAME, new_name.c_str(), new_name.size() + 1);
  auto done = netlink_exchange(socket, request, name);
  if (done.failed()) return done.error();
  return Done{};
}

} // namespace

Status move_net_device(const std::string &name, int pid, const std::string &wanted) {
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/net";
  OwnedDescriptor name_space(retried([&] { return open_path(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!name_space.valid()) return failure("open", path);
  OwnedDescriptor here(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!here.valid()) return failure_about("socket", name);
  auto opened = open_socket_in(name_space.get());
  if (opened.failed()) return opened.error();
  OwnedDescriptor there(opened.value());

  auto index = interface_index(here.get(), name);
  if (index.failed()) return index.error();
  // Read first: the move takes the addresses off.
  auto addresses = lasting_addresses(here.get(), index.value(), name);
  if (addresses.failed()) return addresses.error();
  auto free = free_name(there.get(), wanted);
  if (free.failed()) return free.error();
  const std::string &new_name = free.value();
  Status moved = move_link(here.get(), index.value(), name_space.get(), name, new_name);
  if (moved.failed()) return moved;

  index = interface_index(there.get(), new_name);
  if (index.failed()) return index.error();
  for (const InterfaceAddress &address : addresses.value())
    if (Status added = add_address(there.get(), index.value(), address, new_name); added.failed()) return added;
  ifreq about = {};
  Status read = interface_request(there.get(), SIOCGIFFLAGS, about, new_name);
  if (read.failed()) return read;
  about.ifr_flags |= IFF_UP;
  return interface_request(there.get(), SIOCSIFFLAGS, about, new_name);
}

} // namespace tsrunc
