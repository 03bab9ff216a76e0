// Names and parameters of the new namespaces.
#include "procfs.h"
#include "steps.h"

#include <linux/sockios.h>

int run(Context &context, const step::Hostname &step) {
  const long result = sys::invoke(__NR_sethostname, step.name.data, step.name.size);
  return result < 0 ? context.fail("sethostname", result, no_path, step.name) : 0;
}

int run(Context &context, const step::Domainname &step) {
  const long result = sys::invoke(__NR_setdomainname, step.name.data, step.name.size);
  return result < 0 ? context.fail("setdomainname", result, no_path, step.name) : 0;
}

// The tables of /proc/sys show the namespaces of whoever looks, so the runtime's procfs serves for the container's too.
int run(Context &context, const step::Sysctl &step) {
  return write_sysctl(context, step.path.data, step.value);
}

int run(Context &context, const step::Loopback &) {
  // struct ifreq.
  struct {
    char name[16] = "lo";
    u16 flags = 0;
    char rest[22] = {};
  } interface;
  constexpr u16 iff_up = 1;
  // Any socket takes these, and unix sockets are never missing from a kernel.
  constexpr int af_unix = 1, sock_dgram = 2;
  const Descriptor socket(sys::invoke(__NR_socket, af_unix, sock_dgram | O_CLOEXEC, 0));
  if (!socket.open()) return context.fail("socket", socket.error());
  if (const long result = sys::ioctl(socket.get(), SIOCGIFFLAGS, sys::word(&interface)); result < 0)
    return context.fail("ioctl", result, no_path, "SIOCGIFFLAGS lo");
  interface.flags |= iff_up;
  if (const long result = sys::ioctl(socket.get(), SIOCSIFFLAGS, sys::word(&interface)); result < 0)
    return context.fail("ioctl", result, no_path, "SIOCSIFFLAGS lo");
  return 0;
}
