#include "probe.h"

#include <cstring>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace {

void tell_names(Json &json) {
  struct utsname names {};
  json.outcome("uname", uname(&names));
  json.member("hostname", names.nodename);
  json.member("domainname", names.domainname);
  json.member("machine", names.machine);
}

void tell_interfaces(Json &json) {
  json.name("interfaces");
  json.open('{');
  int socket_of_calls = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_of_calls < 0) json.member("socket", error_name(errno));
  for (int index = 1; socket_of_calls >= 0 && index < 64; index++) {
    struct ifreq request {};
    request.ifr_ifindex = index;
    if (ioctl(socket_of_calls, SIOCGIFNAME, &request) < 0) continue;
    std::string name = request.ifr_name;
    if (ioctl(socket_of_calls, SIOCGIFFLAGS, &request) < 0) continue;
    json.member(name.c_str(), request.ifr_flags);
  }
  if (socket_of_calls >= 0) close(socket_of_calls);
  json.close('}');
}

}  // namespace

void tell_machine(Json &json) {
  tell_names(json);
  tell_interfaces(json);
}
